import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import tar from 'tar-stream';
import { SshProbeError, probeBanner, probeLogin } from '../ssh-probe.ts';
import { engineStatus } from './engine.ts';
import { hostKeyFile, hostKeyWord, targetInit } from './target-init.ts';
import type { Targets } from './targets.ts';

/** How a running target is reached. */
export interface TargetAccess {
  readonly address: string;
  readonly port: number;
  readonly hostKey: string;
}

/** A target container did not come up; the message ends with its last log lines. */
class TargetError extends Error {
  override readonly name = 'TargetError';
}

/**
 * How much a target has to show: `vouch` is a login with its key; `greet` is for who logs in next anyway, and costs no handshake; `none` is for who has
 * heard already that sshd listens.
 */
type Proof = 'vouch' | 'greet' | 'none';

/** Not a failure yet: sshd is still on its way. */
class NotReadyError extends Error {}

/**
 * Waits, two minutes at most, until the node answers, and reads its host key from inside the container.
 */
export async function waitForTarget(
  targets: Targets,
  { container, node, proof }: { container: Docker.Container; node: string; proof: Proof },
): Promise<TargetAccess> {
  const deadline = Date.now() + 120_000;
  for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
    try {
      return await accessTarget(targets, container, proof);
    } catch (error) {
      const early =
        error instanceof NotReadyError || (error instanceof SshProbeError && error.kind === 'unreachable');
      if (!early || Date.now() > deadline) throw await explain(container, node, error);
    }
    await sleep(pause);
  }
}

/**
 * Waits until the log of a container that was just started for the first time says that sshd listens, ten seconds at most: the log comes as it
 * is written, while each look at the container costs the engine something. False = it was not heard, which says nothing about why.
 */
export async function untilListening(container: Docker.Container): Promise<boolean> {
  const patience = AbortSignal.timeout(10_000);
  try {
    const log = await container.logs({
      stdout: true,
      stderr: true,
      follow: true,
      abortSignal: patience,
    });
    let seen = '';
    for await (const chunk of log) {
      seen = (seen + (chunk as Buffer).toString('latin1')).slice(-400);
      if (seen.includes('Server listening on')) return true; // which closes the stream
    }
  } catch (error) {
    // An engine without readable logs, or a slow container: whoever looks for it next waits and explains.
    if (!patience.aborted && engineStatus(error) === null) throw error;
  }
  return false;
}

async function accessTarget(
  targets: Targets,
  container: Docker.Container,
  proof: Proof,
): Promise<TargetAccess> {
  const { State, NetworkSettings, Config } = await container.inspect();
  if (!State.Running) throw new Error(`the container is ${State.Status}, exit status ${State.ExitCode}`);
  const prints = (Config.Entrypoint ?? []).includes(targetInit);
  const hostKey = printedKey(
    (prints ? await readLoggedKey(container) : null) ?? (await readKeyFile(container)),
  );
  const published = NetworkSettings.Ports['22/tcp']?.[0];
  const [own] = Object.values(NetworkSettings.Networks);
  const place =
    targets.connect === 'published'
      ? { address: targets.engineAddress ?? '127.0.0.1', port: Number(published?.HostPort) }
      : { address: own?.IPAddress ?? '', port: 22 };
  if (!place.port || place.address === '') throw new NotReadyError('no address yet');
  if (proof === 'greet') await probeBanner(place);
  if (proof === 'vouch')
    await probeLogin({ ...place, hostKey, user: targets.user, identityFile: targets.clientKey.file });
  return { ...place, hostKey };
}

/** The key that a container printed at its last start; to read a file of it costs the engine many times as much. null where its logs cannot be read. */
async function readLoggedKey(container: Docker.Container): Promise<string | null> {
  let log: string;
  try {
    log = unframe(await container.logs({ stdout: true, stderr: false }));
  } catch (error) {
    if (engineStatus(error) === null) throw error;
    return null;
  }
  const line = log.split('\n').findLast((each) => each.startsWith(hostKeyWord));
  if (line === undefined) throw new NotReadyError('no host key yet');
  return `${line.slice(hostKeyWord.length).trim()}\n`;
}

function readKeyFile(container: Docker.Container): Promise<string | null> {
  return readContainerFile(container, `${hostKeyFile}.pub`);
}

/** One file of a container, as text; null when it is not there (yet). Works on stopped ones, too. */
export async function readContainerFile(container: Docker.Container, path: string): Promise<string | null> {
  let archive: NodeJS.ReadableStream;
  try {
    archive = await container.getArchive({ path });
  } catch (error) {
    if (engineStatus(error) === 404) return null;
    throw error;
  }
  let text: string | null = null;
  for await (const entry of archive.pipe(tar.extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    text ??= Buffer.concat(chunks).toString('utf8');
  }
  return text;
}

function printedKey(text: string | null): string {
  const key = /^(\S+ [A-Za-z0-9+/]+=*)(?: .*)?\n/.exec(text ?? '')?.[1];
  if (key === undefined) throw new NotReadyError('no host key yet');
  return key;
}

async function explain(container: Docker.Container, node: string, cause: unknown): Promise<TargetError> {
  const log = await container
    .logs({ stdout: true, stderr: true, tail: 8 })
    .then(unframe)
    .catch(() => '');
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TargetError(`node ${node}: ${reason}\n${log.trim()}`, { cause });
}

/** The engine sends a container's output in frames: eight bytes of header, of which the last four are the length, then text. */
export function unframe(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    text += bytes.toString('utf8', at + 8, end);
    at = end;
  }
  return text;
}

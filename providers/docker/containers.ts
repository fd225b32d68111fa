import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import tar from 'tar-stream';
import type { SshKey } from '../ssh-key.ts';
import { SshProbeError, probeLogin } from '../ssh-probe.ts';
import { engineStatus, unlessGone } from './engine.ts';
import { targetInit } from './target-init.ts';

/** What all containers of a lab have in common. */
export interface Targets {
  readonly engine: Docker;
  readonly lab: string;
  readonly image: string;
  readonly user: string;
  readonly clientKey: SshKey;
  /** Connect to 127.0.0.1 and a published port, or to the container's own address, which only this machine can reach. */
  readonly connect: 'published' | 'direct';
  readonly capAdd: readonly string[];
  readonly devices: readonly string[];
  readonly securityOpt: readonly string[];
  readonly tmpfs: Readonly<Record<string, string>>;
}

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

const labLabel = 'loligo.lab';
const nodeLabel = 'loligo.node';
const hostKeyPath = '/etc/ssh/ssh_host_ed25519_key.pub';

/** The network of a lab: its nodes see each other there by name. Made when it is missing. */
export async function ensureNetwork({ engine, lab }: Targets): Promise<void> {
  const name = networkName(lab);
  const known = await engine.listNetworks({ filters: { label: [`${labLabel}=${lab}`] } });
  if (known.some(({ Name }) => Name === name)) return;
  await engine.createNetwork({ Name: name, CheckDuplicate: true, Labels: { [labLabel]: lab } });
}

/** Finds the container of a node and starts it if it has stopped; makes it when there is none. What is in it stays as it is. */
export async function ensureTarget(targets: Targets, node: string): Promise<TargetAccess> {
  const container = targets.engine.getContainer(containerName(targets.lab, node));
  try {
    const { State } = await container.inspect();
    if (!State.Running) await container.start();
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
    await createTarget(targets, node);
  }
  return await waitForTarget(targets, node);
}

/** Replaces the container of a node by a new one of the same name: nothing of the old one is left, host key included. */
export async function recreateTarget(targets: Targets, node: string): Promise<TargetAccess> {
  await targets.engine
    .getContainer(containerName(targets.lab, node))
    .remove({ force: true, v: true })
    .catch(unlessGone);
  await createTarget(targets, node);
  return await waitForTarget(targets, node);
}

/** Removes every container and network that carries the lab's label, also those made by a process that died. */
export async function removeLab(engine: Docker, lab: string): Promise<void> {
  const filters = { label: [`${labLabel}=${lab}`] };
  for (;;) {
    const containers = await engine.listContainers({ all: true, filters });
    if (containers.length === 0) break;
    await Promise.all(
      containers.map(({ Id }) => engine.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone)),
    );
  }
  for (const { Id } of await engine.listNetworks({ filters })) {
    await engine.getNetwork(Id).remove().catch(unlessGone);
  }
}

async function createTarget(targets: Targets, node: string): Promise<void> {
  const { engine, lab, clientKey } = targets;
  const container = await engine.createContainer({
    name: containerName(lab, node),
    Image: targets.image,
    Hostname: node,
    Entrypoint: ['/bin/sh', '-c', targetInit],
    Cmd: [],
    Env: [`LOLIGO_USER=${targets.user}`, `LOLIGO_KEY=${clientKey.publicKey}`],
    Labels: { [labLabel]: lab, [nodeLabel]: node },
    ExposedPorts: { '22/tcp': {} },
    StopTimeout: 1,
    HostConfig: {
      NetworkMode: networkName(lab),
      ...(targets.connect === 'published'
        ? { PortBindings: { '22/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } }
        : {}),
      CapAdd: [...targets.capAdd],
      Devices: targets.devices.map((path) => ({
        PathOnHost: path,
        PathInContainer: path,
        CgroupPermissions: 'rwm',
      })),
      SecurityOpt: [...targets.securityOpt],
      Tmpfs: { ...targets.tmpfs },
    },
    NetworkingConfig: { EndpointsConfig: { [networkName(lab)]: { Aliases: [node] } } },
  });
  await container.start();
}

/** Waits until the node answers a login with its own host key, read from inside the container. */
async function waitForTarget(targets: Targets, node: string): Promise<TargetAccess> {
  const container = targets.engine.getContainer(containerName(targets.lab, node));
  const deadline = Date.now() + 120_000;
  for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
    try {
      return await accessTarget(targets, container);
    } catch (error) {
      const early =
        error instanceof NotReadyError || (error instanceof SshProbeError && error.kind === 'unreachable');
      if (!early || Date.now() > deadline) throw await explain(container, node, error);
    }
    await sleep(pause);
  }
}

/** Not a failure yet: sshd is still on its way. */
class NotReadyError extends Error {}

async function accessTarget(targets: Targets, container: Docker.Container): Promise<TargetAccess> {
  const { State, NetworkSettings } = await container.inspect();
  if (!State.Running) throw new Error(`the container is ${State.Status}, exit status ${State.ExitCode}`);
  const hostKey = printedKey(await readContainerFile(container, hostKeyPath));
  const published = NetworkSettings.Ports['22/tcp']?.[0];
  const own = NetworkSettings.Networks[networkName(targets.lab)]?.IPAddress;
  const place =
    targets.connect === 'published'
      ? { address: '127.0.0.1', port: Number(published?.HostPort) }
      : { address: own ?? '', port: 22 };
  if (!place.port || place.address === '') throw new NotReadyError('no address yet');
  await probeLogin({ ...place, hostKey, user: targets.user, identityFile: targets.clientKey.file });
  return { ...place, hostKey };
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

/** The container of a node of a lab. */
export function containerName(lab: string, node: string): string {
  return `loligo-${lab}-${node}`;
}

function networkName(lab: string): string {
  return `loligo-${lab}`;
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
function unframe(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    text += bytes.toString('utf8', at + 8, end);
    at = end;
  }
  return text;
}

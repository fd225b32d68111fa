import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import ssh2 from 'ssh2';
import type { ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';

export interface SshAddress {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs?: number; // for the whole probe; default 20 s
}

export interface SshLogin extends SshAddress {
  readonly user: string;
  readonly hostKey: string; // pinned: any other key is refused
  readonly identityFile: string;
}

/** An SSH server did not answer as it should; `kind` says how far the probe came. */
export class SshProbeError extends Error {
  override readonly name = 'SshProbeError';
  readonly kind: 'unreachable' | 'host-key' | 'login' | 'command';
  constructor(kind: SshProbeError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * The host key that a server shows, as `ssh-ed25519 AAAA...`, without logging in. `expected` is a key of which only the type is used:
 * a server with several keys is asked for that type.
 */
export async function readHostKey(target: SshAddress & { expected?: string | null }): Promise<string> {
  let shown: string | null = null;
  try {
    await session(
      target,
      {
        username: 'nobody',
        algorithms: { serverHostKey: hostKeyAlgorithms(target.expected ?? null) },
        hostVerifier: (key: Buffer) => {
          shown = printHostKey(key);
          return false;
        },
      },
      () => undefined,
    );
  } catch (error) {
    if (shown === null) throw error;
  }
  if (shown === null)
    throw new SshProbeError('unreachable', `${target.address}:${target.port} showed no host key`);
  return shown;
}

/** Logs in with a pinned host key and runs `true`; throws SshProbeError when any of that fails. */
export async function probeLogin(target: SshLogin): Promise<void> {
  const privateKey = await readFile(target.identityFile);
  let shown: string | null = null;
  const config: ConnectConfig = {
    username: target.user,
    privateKey,
    algorithms: { serverHostKey: hostKeyAlgorithms(target.hostKey) },
    hostVerifier: (key: Buffer) => {
      shown = printHostKey(key);
      return shown === target.hostKey;
    },
  };
  try {
    await session(target, config, runTrue);
  } catch (error) {
    if (shown === null || shown === target.hostKey) throw error;
    throw new SshProbeError(
      'host-key',
      `${target.address}:${target.port} shows host key '${shown}', not the pinned '${target.hostKey}'`,
      { cause: error },
    );
  }
}

/** Waits for the first line of an SSH server, which proves nothing but that one runs. Throws SshProbeError of kind `unreachable`. */
export async function probeBanner(target: SshAddress): Promise<void> {
  const where = `${target.address}:${target.port}`;
  const socket = connect({ host: target.address, port: target.port });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const refuse = (reason: string, cause?: unknown): void =>
    reject(new SshProbeError('unreachable', `${where} ${reason}`, { cause }));
  socket.setTimeout(target.timeoutMs ?? 20_000, () => refuse('did not answer in time'));
  socket.once('data', (bytes) =>
    bytes.toString('latin1').startsWith('SSH-') ? resolve() : refuse('is no SSH server'),
  );
  socket.once('error', (error) => refuse(`cannot be reached: ${error.message}`, error));
  socket.once('close', () => refuse('closed the connection'));
  return await promise.finally(() => socket.destroy());
}

function runTrue(client: ssh2.Client, done: (error: Error | null) => void): void {
  client.exec('true', (error, channel) => {
    if (error) {
      done(new SshProbeError('command', `the server runs no commands: ${error.message}`, { cause: error }));
      return;
    }
    channel.on('exit', (status: number | null) => {
      if (status === 0) done(null);
      else done(new SshProbeError('command', `'true' ended with status ${status}`));
    });
    channel.resume();
    channel.stderr.resume();
  });
}

function session(
  target: SshAddress,
  config: ConnectConfig,
  onReady: (client: ssh2.Client, done: (error: Error | null) => void) => void,
): Promise<void> {
  const where = `${target.address}:${target.port}`;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const client = new ssh2.Client();
  const deadline = setTimeout(
    () => reject(new SshProbeError('unreachable', `${where} did not answer in time`)),
    target.timeoutMs ?? 20_000,
  );
  client.on('error', (error: Error & { level?: string }) => {
    const kind = error.level === 'client-authentication' ? 'login' : 'unreachable';
    reject(new SshProbeError(kind, `${where}: ${error.message}`, { cause: error }));
  });
  client.on('close', () => reject(new SshProbeError('unreachable', `${where} closed the connection`)));
  client.on('ready', () => onReady(client, (error) => (error ? reject(error) : resolve())));
  client.connect({ host: target.address, port: target.port, readyTimeout: 0, ...config });
  return promise.finally(() => {
    clearTimeout(deadline);
    client.destroy();
  });
}

function printHostKey(key: Buffer): string {
  return `${key.toString('utf8', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')}`;
}

/** A key of type `ssh-rsa` is also proven by the newer signatures; all other types are an algorithm of the same name. */
function hostKeyAlgorithms(key: string | null): ServerHostKeyAlgorithm[] {
  const type = key?.split(' ')[0] ?? 'ssh-ed25519';
  if (type === 'ssh-rsa') return ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'];
  if (key !== null) return [type as ServerHostKeyAlgorithm];
  return ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512'];
}

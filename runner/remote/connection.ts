import { once } from 'node:events';
import type { Readable } from 'node:stream';
import ssh2 from 'ssh2';
import type { ClientChannel, ConnectConfig } from 'ssh2';
import type { HostKeyCheck } from './host-key.ts';
import type { AuthMethod } from './identities.ts';
import { ChannelRefusedError } from './transport-errors.ts';

/** One SSH connection that is up, until it is lost or closed. */
export interface Connection {
  readonly isOpen: boolean;
  /** Resolves when the connection is over, with the error that ended it, or null. Never rejects. */
  readonly ended: Promise<Error | null>;
  /** Starts a command line on a channel of its own. Throws ChannelRefusedError, or ChannelNotOpenedError. */
  exec(line: string): Promise<CommandChannel>;
  /** A stream to another port as seen from this host: the way through a jump host. */
  forward(to: { host: string; port: number }): Promise<Readable>;
  /** Ends it and everything on it. Resolves when the socket is closed. */
  close(): Promise<void>;
}

/** The channel of one command; its streams are the caller's to read, its end is kept. */
export interface CommandChannel {
  readonly channel: ClientChannel;
  /** Resolves when the host says how the command ended; never when it does not say. */
  readonly exit: Promise<CommandExit>;
  /** Resolves when the channel is closed, by the host, by us, or with the connection. */
  readonly closed: Promise<void>;
}

export interface CommandExit {
  readonly status: number | null; // null = ended by a signal
  readonly signal: string | null; // without SIG
}

export interface ConnectionParams {
  readonly host: string; // for messages
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: HostKeyCheck;
  readonly auth: readonly AuthMethod[];
  readonly through: Connection | null; // a jump host; ended together with this connection
  readonly timeoutMs: number; // TCP connect and handshake each count from the start
  readonly signal?: AbortSignal;
}

/** A dead peer is noticed after this interval times this count. */
const keepalive = { keepaliveInterval: 10_000, keepaliveCountMax: 3 };

/** The connection went away while a command was being started. */
export class ChannelNotOpenedError extends Error {
  override readonly name = 'ChannelNotOpenedError';
  readonly sent: boolean; // false = it is safe to start the command again
  constructor(host: string, params: { sent: boolean; cause: unknown }) {
    super(`the connection to ${host} ended`, { cause: params.cause });
    this.sent = params.sent;
  }
}

/** Connects once. Rejects with HostKeyMismatchError, or with what the socket or the server said. */
export async function openConnection(params: ConnectionParams): Promise<Connection> {
  params.signal?.throwIfAborted();
  const client = new ssh2.Client();
  let mismatch: Error | null = null;
  const config: ConnectConfig = {
    ...keepalive,
    host: params.address,
    port: params.port,
    username: params.user,
    readyTimeout: params.timeoutMs,
    authHandler: [...params.auth],
    hostVerifier: (offered: Buffer): boolean => {
      mismatch = params.hostKey.refuse(offered);
      return mismatch === null;
    },
  };
  const algorithms = params.hostKey.algorithms();
  if (algorithms !== null) {
    config.algorithms = {
      serverHostKey: algorithms as NonNullable<ConnectConfig['algorithms']>['serverHostKey'],
    };
  }
  if (params.through !== null) {
    config.sock = await params.through.forward({ host: params.address, port: params.port });
  }
  try {
    await handshake(client, config, params.signal);
  } catch (error) {
    if (mismatch !== null) throw mismatch as Error;
    if (isNoCommonHostKey(error)) throw params.hostKey.noCommonKind();
    throw error;
  }
  return wrap(client, params);
}

async function handshake(
  client: ssh2.Client,
  config: ConnectConfig,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => reject(signal?.reason);
  const fail = (error: Error & { level?: string }): void => {
    // An agent that does not answer is only one of several ways to log in.
    if (error.level !== 'agent') reject(error);
  };
  signal?.addEventListener('abort', abort, { once: true });
  client.on('error', fail);
  client.once('ready', resolve);
  client.once('close', () => reject(new Error('The connection was closed before the login was complete')));
  try {
    client.connect(config);
    // Without this the handshake and every command wait some 40 ms each time for a delayed acknowledgement.
    client.setNoDelay(true);
    await promise;
  } catch (error) {
    client.on('error', () => {});
    client.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function isNoCommonHostKey(error: unknown): boolean {
  return error instanceof Error && error.message.includes('no matching host key format');
}

function wrap(client: ssh2.Client, params: ConnectionParams): Connection {
  let isOpen = true;
  let lastError: Error | null = null;
  const { promise: ended, resolve } = Promise.withResolvers<Error | null>();
  client.on('error', (error) => {
    lastError ??= error;
  });
  client.once('end', () => {
    isOpen = false;
  });
  client.once('close', () => {
    isOpen = false;
    resolve(lastError);
    void params.through?.close();
  });
  return {
    get isOpen() {
      return isOpen;
    },
    ended,
    exec: (line) => openChannel(client, { line, host: params.host, isOpen: () => isOpen }),
    forward: (to) => openForward(client, to),
    async close() {
      isOpen = false;
      client.end();
      const patience = AbortSignal.timeout(2000);
      await Promise.race([ended, once(patience, 'abort')]);
      client.destroy();
    },
  };
}

function openChannel(client: ssh2.Client, params: { line: string; host: string; isOpen: () => boolean }) {
  const { host } = params;
  return new Promise<CommandChannel>((resolve, reject) => {
    try {
      client.exec(params.line, (error, channel) => {
        if (error === undefined) resolve(follow(channel));
        else if (params.isOpen()) reject(new ChannelRefusedError(host, error));
        else reject(new ChannelNotOpenedError(host, { sent: wasSent(error), cause: error }));
      });
    } catch (cause) {
      reject(new ChannelNotOpenedError(host, { sent: false, cause }));
    }
  });
}

/** Must be called before control returns to the event loop: a short command's end may be in the packet that says it has begun. */
function follow(channel: ClientChannel): CommandChannel {
  const exit = new Promise<CommandExit>((resolve) => {
    channel.once('exit', (status: number | null, signal?: string) =>
      resolve({ status, signal: signal?.replace(/^SIG/, '') ?? null }),
    );
  });
  const closed = new Promise<void>((resolve) => {
    channel.once('close', () => resolve());
  });
  return { channel, exit, closed };
}

/** The library's words for a request that got no answer; every other failure comes before the channel is open. */
function wasSent(error: Error): boolean {
  return error.message.startsWith('Unable to exec');
}

function openForward(client: ssh2.Client, to: { host: string; port: number }): Promise<Readable> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, to.host, to.port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(error);
    });
  });
}

import { ConnectionLostError } from './command-errors.ts';

/** Reaching a host failed, as opposed to what ran there: a job that sees it is `dead`, not `fail`. */
export abstract class TransportError extends Error {
  readonly host: string;
  constructor(host: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.host = host;
  }
}

/** Every attempt to connect failed; `cause` is why the last one did. */
export class ConnectFailedError extends TransportError {
  override readonly name = 'ConnectFailedError';
}

/** A connection was lost and could not be made again; `cause` is why the last attempt failed. */
export class ReconnectFailedError extends TransportError {
  override readonly name = 'ReconnectFailedError';
  constructor(host: string, cause: unknown) {
    super(host, `Failed to reconnect to ${host}`, { cause });
  }
}

/** The host showed another key than the one it is known by. Never retried: this may be another machine. */
export class HostKeyMismatchError extends TransportError {
  override readonly name = 'HostKeyMismatchError';
  readonly expected: string; // fingerprints, or what kinds of key were asked for
  readonly offered: string | null; // null = the host has no key of the expected kind
  constructor(params: { host: string; expected: string; offered: string | null; source: string }) {
    const got = params.offered === null ? 'the host offers no key of that kind' : `got ${params.offered}`;
    super(
      params.host,
      `Host key of ${params.host} is not the one in ${params.source}: expected ${params.expected}, ${got}`,
    );
    this.expected = params.expected;
    this.offered = params.offered;
  }
}

/** A private key that was named for a host cannot be used. */
export class IdentityFileError extends TransportError {
  override readonly name = 'IdentityFileError';
  constructor(host: string, params: { file: string; cause: unknown }) {
    const detail = params.cause instanceof Error ? params.cause.message : String(params.cause);
    super(host, `Private key ${params.file} for ${host} cannot be used: ${detail}`, { cause: params.cause });
  }
}

/** The host answers but refuses to start a command. */
export class ChannelRefusedError extends TransportError {
  override readonly name = 'ChannelRefusedError';
  constructor(host: string, cause: Error) {
    super(host, `${host} refuses to start a command: ${cause.message}`, { cause });
  }
}

/** The remote was closed by its owner, or was never connected. */
export class NotConnectedError extends TransportError {
  override readonly name = 'NotConnectedError';
  constructor(host: string) {
    super(host, `Not connected to ${host}: connect() was not called, or close() was`);
  }
}

/** The host did not come back as a freshly started one. */
export class RebootFailedError extends TransportError {
  override readonly name = 'RebootFailedError';
}

/** The host is reached and cannot be used for anything: its disk is full or read-only, for instance. */
export class BrokenHostError extends TransportError {
  override readonly name = 'BrokenHostError';
}

/** Whether a failure, or what caused it, was the way to a host and not the work on it. */
export function isTransportError(error: unknown): boolean {
  return transportFailure(error) !== null;
}

/** The error by which a failure, or what caused it, names the host that was lost; null when none was. */
export function transportFailure(error: unknown): TransportError | ConnectionLostError | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 16; at = at.cause, depth++) {
    if (at instanceof TransportError || at instanceof ConnectionLostError) return at;
  }
  return null;
}

import {
  commandCanceledText,
  commandCrashedText,
  commandFailedText,
  commandTimedOutText,
  connectionLostText,
} from './failure-text.ts';
import type { CommandResult } from './remote.ts';

/** A command that did not do what was asked. Has the fields of its result, so that a handler needs only the error. */
export abstract class CommandError extends Error implements CommandResult {
  readonly host: string;
  readonly command: string;
  readonly label: string | null;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;

  constructor(message: string, result: CommandResult, options?: { cause?: unknown }) {
    super(message, options);
    this.host = result.host;
    this.command = result.command;
    this.label = result.label;
    this.exitStatus = result.exitStatus;
    this.signal = result.signal;
    this.stdout = result.stdout;
    this.stderr = result.stderr;
    this.durationMs = result.durationMs;
  }
}

/** The command ended with a status other than 0. */
export class CommandFailedError extends CommandError {
  override readonly name = 'CommandFailedError';
  constructor(result: CommandResult & { exitStatus: number }) {
    super(commandFailedText(result), result);
  }
}

/** A signal ended the command; `signal` names it (`KILL`), or is null when the host did not say which. */
export class CommandCrashedError extends CommandError {
  override readonly name = 'CommandCrashedError';
  constructor(result: CommandResult) {
    super(commandCrashedText(result), result);
  }
}

/** The deadline passed; the remote processes were killed. */
export class CommandTimeoutError extends CommandError {
  override readonly name = 'CommandTimeoutError';
  readonly timeoutMs: number;
  constructor(result: CommandResult, timeoutMs: number) {
    super(commandTimedOutText({ ...result, afterMs: timeoutMs }), result);
    this.timeoutMs = timeoutMs;
  }
}

/** The caller's AbortSignal fired; the remote processes were killed. `cause` is the signal's reason. */
export class CommandCanceledError extends CommandError {
  override readonly name = 'CommandCanceledError';
  constructor(result: CommandResult, reason: unknown) {
    super(commandCanceledText(result), result, { cause: reason });
  }
}

/** More output than the caller agreed to keep; the remote processes were killed. */
export class OutputLimitError extends CommandError {
  override readonly name = 'OutputLimitError';
  readonly limit: number; // bytes
  constructor(result: CommandResult, params: { stream: 'stdout' | 'stderr'; limit: number }) {
    super(
      `Command wrote more than ${params.limit} bytes to ${params.stream} on ${result.host}: '${result.command}'`,
      result,
    );
    this.limit = params.limit;
  }
}

/** The caller's own input stream or output callback failed; the remote processes were killed. `cause` is that failure. */
export class CommandStreamError extends CommandError {
  override readonly name = 'CommandStreamError';
  constructor(result: CommandResult, params: { stream: 'stdin' | 'stdout' | 'stderr'; cause: unknown }) {
    const detail = params.cause instanceof Error ? params.cause.message : String(params.cause);
    super(`Handling ${params.stream} of '${result.command}' on ${result.host} failed: ${detail}`, result, {
      cause: params.cause,
    });
  }
}

/** The connection went away before the command's end was known, or there was none to start it on. A job that sees it is `dead`. */
export class ConnectionLostError extends CommandError {
  override readonly name = 'ConnectionLostError';
  constructor(result: CommandResult, cause?: unknown) {
    super(connectionLostText(result), result, cause === undefined ? undefined : { cause });
  }
}

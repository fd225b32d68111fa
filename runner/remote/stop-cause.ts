import {
  CommandCanceledError,
  CommandStreamError,
  CommandTimeoutError,
  OutputLimitError,
} from './command-errors.ts';
import type { CommandError } from './command-errors.ts';
import type { CommandResult } from './remote.ts';

/** Why a command is ended from this side. */
export type StopCause =
  | { readonly kind: 'timeout'; readonly timeoutMs: number }
  | { readonly kind: 'canceled'; readonly reason: unknown }
  | { readonly kind: 'overflow'; readonly stream: 'stdout' | 'stderr'; readonly limit: number }
  | { readonly kind: 'stream'; readonly stream: 'stdin' | 'stdout' | 'stderr'; readonly error: unknown };

/** The one decision to end a command: the first cause counts. */
export interface Stopper {
  /** Aborts when the command is to be ended. */
  readonly signal: AbortSignal;
  readonly cause: StopCause | null;
  stop(cause: StopCause): void;
  /** Lets go of the deadline and of the caller's signal. */
  dispose(): void;
}

/** Timers of Node count in 32 bits: 24 days. */
const longestTimer = 2 ** 31 - 1;

/** The clock of the deadline starts now. */
export function createStopper(params: {
  timeoutMs: number | undefined;
  signal: AbortSignal | undefined;
}): Stopper {
  const controller = new AbortController();
  let cause: StopCause | null = null;
  const stop = (why: StopCause): void => {
    if (cause !== null) return;
    cause = why;
    controller.abort();
  };
  const cancel = (): void => stop({ kind: 'canceled', reason: params.signal?.reason });
  const { timeoutMs } = params;
  const timer =
    timeoutMs === undefined
      ? null
      : setTimeout(() => stop({ kind: 'timeout', timeoutMs }), Math.min(timeoutMs, longestTimer));
  if (params.signal?.aborted) cancel();
  else params.signal?.addEventListener('abort', cancel, { once: true });
  return {
    signal: controller.signal,
    get cause() {
      return cause;
    },
    stop,
    dispose() {
      if (timer !== null) clearTimeout(timer);
      params.signal?.removeEventListener('abort', cancel);
    },
  };
}

/** What the caller of a stopped command gets. */
export function stopError(cause: StopCause, result: CommandResult): CommandError {
  switch (cause.kind) {
    case 'timeout':
      return new CommandTimeoutError(result, cause.timeoutMs);
    case 'canceled':
      return new CommandCanceledError(result, cause.reason);
    case 'overflow':
      return new OutputLimitError(result, cause);
    case 'stream':
      return new CommandStreamError(result, { stream: cause.stream, cause: cause.error });
  }
  return cause satisfies never;
}

/** The wish of whoever sits at the terminal, or of a supervisor, that the process ends. */
export interface StopSignals {
  readonly first: Promise<NodeJS.Signals>;
  readonly second: Promise<NodeJS.Signals>; // they mean it
  readonly signal: AbortSignal; // aborted by the first
  /** Gives the signals their usual meaning back. */
  release(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm or a launcher that got it as well. */
const echoMs = 500;

/** Catches the signals that ask a process to end, so that it can put things in order first. */
export function stopSignals(): StopSignals {
  const abort = new AbortController();
  const first = Promise.withResolvers<NodeJS.Signals>();
  const second = Promise.withResolvers<NodeJS.Signals>();
  let firstAt = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    if (abort.signal.aborted) {
      if (Date.now() - firstAt > echoMs) second.resolve(signal);
      return;
    }
    firstAt = Date.now();
    abort.abort(new StoppedError(signal));
    first.resolve(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    first: first.promise,
    second: second.promise,
    signal: abort.signal,
    release: () => signals.forEach((signal) => void process.off(signal, onSignal)),
  };
}

/** A signal asked the process to end. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
  readonly signal: NodeJS.Signals;
  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** The exit status that says that a signal ended the process. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  return 128 + (numbers[signal] ?? 0);
}

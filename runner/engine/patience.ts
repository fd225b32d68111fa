/** A task went on after it had been told to stop, and is no longer waited for. */
class TaskIgnoredStopError extends Error {
  override readonly name = 'TaskIgnoredStopError';
  constructor(task: string, graceMs: number) {
    super(`${task} went on for ${graceMs / 1000} s after it was told to stop, and was left behind`);
  }
}

const lastGraceMs = 1000; // for commands to be cut off, when nothing more may be done

/**
 * Waits for work, but not for ever once it was told to stop: it rejects with TaskIgnoredStopError when `stop` was aborted
 * `graceMs` ago and nothing within the work is `busy`, or when `end` was aborted a second ago. The work itself cannot be ended;
 * its late outcome is dropped.
 */
export async function waitWithPatience<T>(
  work: Promise<T>,
  params: { task: string; stop: AbortSignal; end: AbortSignal; graceMs: number; busy: () => boolean },
): Promise<T> {
  const { task, graceMs } = params;
  const { promise: leftBehind, reject } = Promise.withResolvers<never>();
  const released = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const giveUpAfter = (ms: number, unless: () => boolean): void => {
    timers.push(
      setTimeout(() => {
        if (unless()) giveUpAfter(ms, unless);
        else reject(new TaskIgnoredStopError(task, ms));
      }, ms),
    );
  };
  whenAborted(params.stop, released.signal, () => giveUpAfter(graceMs, params.busy));
  whenAborted(params.end, released.signal, () => giveUpAfter(Math.min(graceMs, lastGraceMs), () => false));
  try {
    return await Promise.race([work, leftBehind]);
  } finally {
    released.abort();
    for (const timer of timers) clearTimeout(timer);
    work.catch(() => {});
  }
}

function whenAborted(signal: AbortSignal, until: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true, signal: until });
}

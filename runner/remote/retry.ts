import { setTimeout as delay } from 'node:timers/promises';

export interface RetryOptions {
  readonly sleep?: number; // seconds; default 6
  readonly increment?: number; // seconds added to the sleep before it is slept; default 0
  readonly tries?: number; // default 10; 0 or less = for ever
  readonly timeout?: number; // seconds of sleeping in all, instead of `tries`; default 0 = none
  readonly action?: string; // what is tried, for the message
  readonly signal?: AbortSignal;
  readonly sleepFor?: (seconds: number, signal?: AbortSignal) => Promise<void>; // default: the real clock
}

/** Every try is used up. */
export class MaxWhileTriesError extends Error {
  override readonly name = 'MaxWhileTriesError';
  constructor(params: { action: string | null; tries: number; waited: number }) {
    super(maxTriesText(params));
  }
}

/**
 * The tries of something that may fail: a loop over it that is left early has succeeded, one that runs to the end throws
 * MaxWhileTriesError. The first try is at once; the sleep grows before it is slept, and the last one is cut to `timeout`.
 *
 * @example for await (const attempt of attempts({ action: 'wait for the port' })) if (await isUp()) break;
 */
export async function* attempts(options: RetryOptions = {}): AsyncGenerator<number, void, void> {
  const { increment = 0, tries = 10, timeout = 0, signal, sleepFor = sleepReally } = options;
  let sleep = options.sleep ?? 6;
  let waited = sleep; // The sum starts at the first sleep, as scripts that parse the message expect.
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    yield attempt;
    const exhausted = timeout > 0 ? waited >= timeout : tries > 0 && attempt >= tries;
    if (exhausted) throw new MaxWhileTriesError({ action: options.action ?? null, tries: attempt, waited });
    sleep += increment;
    const next = timeout > 0 ? Math.min(sleep, timeout - waited) : sleep;
    waited += next;
    await sleepFor(next, signal);
  }
}

function maxTriesText(params: { action: string | null; tries: number; waited: number }): string {
  const prefix = params.action === null ? '' : `'${params.action}' `;
  return `${prefix}reached maximum tries (${params.tries}) after waiting for ${params.waited} seconds`;
}

async function sleepReally(seconds: number, signal?: AbortSignal): Promise<void> {
  await delay(seconds * 1000, undefined, { signal });
}

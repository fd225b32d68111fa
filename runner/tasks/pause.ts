import { setTimeout as sleep } from 'node:timers/promises';

const longestTimer = 2 ** 31 - 1; // milliseconds that one Node timer can hold: about 24 days

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + milliseconds;
  signal.throwIfAborted();
  for (let left = milliseconds; left > 0; left = end - performance.now()) {
    try {
      await sleep(Math.min(left, longestTimer), undefined, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { StoreBusyError } from '../../core/ports/store-busy.ts';

const mostTries = 40;

/** Waits before the next try, longer each time up to a second, and never as long as others do. Throws StoreBusyError in the end. */
export async function backOff(tries: number): Promise<void> {
  if (tries >= mostTries) throw new StoreBusyError(`the table was busy ${tries} times in a row`);
  const longest = Math.min(1000, 10 * 2 ** Math.min(tries, 7));
  await sleep(Math.random() * longest);
}

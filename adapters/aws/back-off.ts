import { setTimeout as sleep } from 'node:timers/promises';

/** The table was asked too often without an answer that settles anything. */
export class TableBusyError extends Error {
  override readonly name = 'TableBusyError';
  constructor(tries: number) {
    super(`the table was busy ${tries} times in a row; try again later`);
  }
}

const mostTries = 40;

/** Waits before the next try, longer each time up to a second, and never as long as others do. Throws TableBusyError in the end. */
export async function backOff(tries: number): Promise<void> {
  if (tries >= mostTries) throw new TableBusyError(tries);
  const longest = Math.min(1000, 10 * 2 ** Math.min(tries, 7));
  await sleep(Math.random() * longest);
}

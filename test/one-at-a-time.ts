import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';

/**
 * Lets the files of a project wait for each other, though other projects go on beside them. The lock is the kernel's, on a SQLite file: it ends
 * with the process that holds it, however that dies.
 */
const folder = join(import.meta.dirname, '..', 'node_modules', '.cache');
let lock: DatabaseSync;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  lock = new DatabaseSync(join(folder, 'one-at-a-time.sqlite'), { timeout: 0 });
  lock.exec('pragma locking_mode = exclusive');
  while (!taken()) await sleep(100);
}, 3_600_000);

afterAll(() => lock.close());

function taken(): boolean {
  try {
    lock.exec('begin exclusive');
    return true;
  } catch {
    return false;
  }
}

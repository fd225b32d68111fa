import { DatabaseSync } from 'node:sqlite';

/** Another lab runs in the folder. */
export class LabRunningError extends Error {
  override readonly name = 'LabRunningError';
  constructor(folder: string, options?: ErrorOptions) {
    super(`another lab is running in ${folder}: one folder has one lab`, options);
  }
}

/** A database that nobody refers to is closed by the garbage collector, and its lock would be gone with it. */
const held = new Set<DatabaseSync>();

/**
 * Takes the one place of a folder. The lock is the kernel's, on a SQLite file: it ends with the process however that dies, is
 * not inherited by children, and needs no guess about a stale pid. It is held until `release`, whether or not the caller keeps
 * the result. Throws LabRunningError.
 */
export function takeLabLock(file: string, folder: string): { release(): void } {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new LabRunningError(folder, { cause });
  }
  held.add(database);
  return {
    release() {
      if (held.delete(database)) database.close();
    },
  };
}

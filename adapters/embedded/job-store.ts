import type { JobStore } from '../../core/ports/job-store.ts';
import type { Database } from './database.ts';
import { sqliteAttempts } from './job-attempts.ts';
import { sqliteQueue } from './job-queue.ts';
import { sqliteRuns } from './job-runs.ts';

/** The job store on SQLite. Any number of processes may have one on the same file. */
export function sqliteJobStore(database: Database): JobStore {
  return { ...sqliteRuns(database), ...sqliteQueue(database), ...sqliteAttempts(database) };
}

import { keptDurations } from '../../core/ports/job-durations.ts';
import type { JobDurations } from '../../core/ports/job-durations.ts';
import { durationKeys } from '../../core/scheduling/duration-keys.ts';
import type { Database } from './database.ts';
import type { JobRow } from './job-rows.ts';

/** The times of jobs on SQLite. One ranged query a key. */
export function sqliteJobDurations(database: Database): JobDurations {
  return {
    async recent(keys) {
      const found = new Map<string, number[]>();
      for (const key of keys) {
        const rows = database.all<{ seconds: number }>(
          'select seconds from job_durations where key = ? order by at desc, job_id desc limit ?',
          key,
          keptDurations,
        );
        if (rows.length > 0)
          found.set(
            key,
            rows.map((row) => row.seconds),
          );
      }
      return found;
    },
  };
}

/** See JobDurations. Must be called in the transaction that ends the job with `pass` or `fail`. */
export function rememberDuration(
  database: Database,
  job: Pick<JobRow, 'job_id' | 'description' | 'machine_type' | 'started_at'>,
  now: number,
): void {
  if (job.started_at === null) return;
  const seconds = Math.max(0, now - job.started_at) / 1000;
  for (const key of durationKeys({ description: job.description, machineType: job.machine_type })) {
    database.run(
      'insert into job_durations (key, at, job_id, seconds) values (?, ?, ?, ?)',
      key,
      now,
      job.job_id,
      seconds,
    );
    database.run(
      `delete from job_durations where key = ? and (at, job_id) <=
         (select at, job_id from job_durations where key = ? order by at desc, job_id desc limit 1 offset ?)`,
      key,
      key,
      keptDurations,
    );
  }
}

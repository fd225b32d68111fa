import type { JobEvent, RunEvents } from '../../core/ports/run-events.ts';
import type { Database } from './database.ts';

/** The changes of status on SQLite, where a trigger notes them. One range of an index a call. */
export function sqliteRunEvents(database: Database): RunEvents {
  return {
    async after(run, after, limit) {
      return database
        .all<JobEvent>(
          'select seq, job_id as jobId, status, reason from job_events where run = ? and seq > ? order by seq limit ?',
          run,
          after,
          limit,
        )
        .map((row) => ({ ...row }));
    },
    async last(run) {
      const sql = 'select max(seq) as last from job_events where run = ?';
      return database.get<{ last: number | null }>(sql, run)?.last ?? 0;
    },
  };
}

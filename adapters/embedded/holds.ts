import type { Hold, Holds } from '../../core/ports/holds.ts';
import type { Database } from './database.ts';

interface HoldRow {
  run: string;
  job_id: number;
  seconds: number;
  by: string;
  reason: string | null;
  at: number;
}

const columns = 'run, job_id, seconds, by, reason, at';

/** The wishes to keep nodes on SQLite. One statement a call. */
export function sqliteHolds(database: Database): Holds {
  return {
    async ask({ run, jobId, seconds, by, reason, at }) {
      database.run(
        `insert or replace into holds (${columns}) values (?, ?, ?, ?, ?, ?)`,
        run,
        jobId,
        seconds,
        by,
        reason,
        at,
      );
    },
    async of(run, jobId) {
      const row = database.get<HoldRow>(
        `select ${columns} from holds where run = ? and job_id = ?`,
        run,
        jobId,
      );
      return row === null ? null : toHold(row);
    },
    async withdraw(run, jobId) {
      database.run('delete from holds where run = ? and job_id = ?', run, jobId);
    },
    async list() {
      return database.all<HoldRow>(`select ${columns} from holds order by job_id`).map(toHold);
    },
  };
}

function toHold({ job_id: jobId, ...row }: HoldRow): Hold {
  return { ...row, jobId };
}

import type { Pause, Pauses } from '../../core/ports/pauses.ts';
import type { Database } from './database.ts';

interface PauseRow {
  machine_type: string;
  by: string;
  reason: string;
  since: number;
  until: number;
}

/** Pauses on SQLite. One statement a call; those that are over stay until their queue is paused or resumed again. */
export function sqlitePauses(database: Database): Pauses {
  return {
    async pause({ machineType, by, reason, since, until }) {
      database.run(
        'insert or replace into pauses (machine_type, by, reason, since, until) values (?, ?, ?, ?, ?)',
        machineType,
        by,
        reason,
        since,
        until,
      );
    },
    async resume(machineType, now) {
      const ended = database.run('delete from pauses where machine_type = ? and until > ?', machineType, now);
      return ended === 0 ? 'stale' : 'ok';
    },
    async list(now) {
      return database
        .all<PauseRow>('select * from pauses where until > ? order by machine_type', now)
        .map(toPause);
    },
  };
}

function toPause({ machine_type: machineType, ...row }: PauseRow): Pause {
  return { machineType, ...row };
}

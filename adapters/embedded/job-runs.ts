import type { JobStore } from '../../core/ports/job-store.ts';
import type { JobStatus } from '../../core/results/job-state.ts';
import type { Database } from './database.ts';
import { toRun } from './job-rows.ts';
import type { RunRow } from './job-rows.ts';

type Runs = Pick<JobStore, 'createRun' | 'closeRun' | 'getRun' | 'listRuns'>;

/** The part of the job store that keeps runs. Each method is one statement. */
export function sqliteRuns(database: Database): Runs {
  return {
    async createRun(run) {
      const added = database.run(
        `insert into runs (name, suite, owner, machine_type, seed, subset, no_nested_subset, sha1, submitted_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (name) do nothing`,
        run.name,
        run.suite,
        run.owner,
        run.machineType,
        run.seed,
        run.subset,
        run.noNestedSubset ? 1 : 0,
        run.sha1,
        run.now,
        run.now,
      );
      return added === 1 ? 'created' : 'exists';
    },
    async closeRun(run, now) {
      database.run('update runs set closed = 1, updated_at = ? where name = ? and closed = 0', now, run);
    },
    async getRun(run) {
      const row = database.get<RunRow>('select * from runs where name = ?', run);
      return row === null ? null : toRun(row);
    },
    async listRuns({ limit, offset = 0, after }) {
      const order = 'order by submitted_at desc, name desc limit ? offset ?';
      const rows =
        after === undefined
          ? database.all<RunRow>(`select * from runs ${order}`, limit, offset)
          : database.all<RunRow>(
              `select * from runs where (submitted_at, name) < (?, ?) ${order}`,
              after.submittedAt,
              after.name,
              limit,
              offset,
            );
      return rows.map(toRun);
    },
  };
}

/** Moves one job between two counters of its run. Must be called in the transaction that moves the job itself. */
export function moveCount(
  database: Database,
  move: { run: string; from: JobStatus; to: JobStatus; now: number },
): void {
  // The names are statuses, a closed set, so that no text from outside gets into the statement.
  database.run(
    `update runs set ${move.from} = ${move.from} - 1, ${move.to} = ${move.to} + 1, updated_at = ? where name = ?`,
    move.now,
    move.run,
  );
}

import type { LabCounts } from '../../core/ports/lab-counts.ts';
import type { JobStatus } from '../../core/results/job-state.ts';
import type { NodeState } from '../../core/locks/node.ts';
import type { Database } from './database.ts';

/** Numbers about a lab on SQLite. Those of jobs are kept by triggers, in the transaction that moves the job. */
export function sqliteLabCounts(database: Database): LabCounts {
  return {
    async jobs() {
      return database
        .all<{ machineType: string; status: JobStatus; count: number }>(
          'select machine_type as machineType, status, count from job_counts order by machine_type, status',
        )
        .map((row) => ({ ...row }));
    },
    async nodes() {
      return database
        .all<{ machineType: string; state: NodeState; count: number; lockedSince: number | null }>(
          `select machine_type as machineType, state, count(*) as count, min(lock_since) as lockedSince from nodes
           group by machine_type, state order by machine_type, state`,
        )
        .map((row) => ({ ...row }));
    },
    async openRuns() {
      // The condition is that of the index `runs_open`, so that runs which are over are not looked at.
      const sql = 'select count(*) as open from runs where queued + waiting + running > 0 or closed = 0';
      return database.get<{ open: number }>(sql)?.open ?? 0;
    },
  };
}

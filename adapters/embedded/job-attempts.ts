import type { AttemptRef, JobStore, Transition } from '../../core/ports/job-store.ts';
import { isFinal } from '../../core/results/job-state.ts';
import type { Database } from './database.ts';
import { claimJob, handBackJob, unclaimJob } from './job-claims.ts';
import { expireJobs, finishJob, killJobs } from './job-endings.ts';
import { currentAttempt, jobColumns, killRequest, toJob } from './job-rows.ts';
import type { JobRow } from './job-rows.ts';
import { moveCount } from './job-runs.ts';
import { attemptLockId } from './node-grants.ts';

type Attempts = Pick<
  JobStore,
  'claim' | 'unclaim' | 'handBack' | 'start' | 'renew' | 'finish' | 'kill' | 'expireQueued' | 'expired'
>;

/** The part of the job store that moves attempts through their life. Each method is one transaction. */
export function sqliteAttempts(database: Database): Attempts {
  return {
    /** Per job four statements, per node three. */
    claim: async (params) => database.transaction(() => claimJob(database, params)),
    unclaim: async (attempt, now, options) =>
      database.transaction(() =>
        unclaimJob(database, { attempt, now, blameless: options?.blameless ?? false }),
      ),
    handBack: async (attempt, params) => database.transaction(() => handBackJob(database, attempt, params)),
    start: async (attempt, params) => database.transaction(() => startJob(database, attempt, params)),
    /** Three statements, whatever the number of nodes. */
    async renew(attempt, { leaseUntil }) {
      return database.transaction(() => {
        const row = currentAttempt(database, attempt);
        if (row === null || isFinal(row.status) || row.status === 'queued') return { kind: 'stale' };
        database.run('update jobs set lease_until = ? where job_id = ?', leaseUntil, attempt.jobId);
        database.run('update nodes set lock_until = ? where lock_id = ?', leaseUntil, attemptLockId(attempt));
        const request = killRequest(row);
        return request === null ? { kind: 'ok' } : { kind: 'killed', request };
      });
    },
    /** Four statements and one a node. */
    finish: async (attempt, outcome) => database.transaction(() => finishJob(database, attempt, outcome)),
    kill: async (params) => database.transaction(() => killJobs(database, params)),
    expireQueued: async (params) => database.transaction(() => expireJobs(database, params)),
    async expired(now) {
      return database
        .all<JobRow>(`select ${jobColumns} from jobs where lease_until < ? order by lease_until, job_id`, now)
        .map(toJob);
    },
  };
}

function startJob(
  database: Database,
  attempt: AttemptRef,
  { runner, now }: { runner: string; now: number },
): Transition {
  const row = currentAttempt(database, attempt);
  if (row?.status === 'running' && row.runner === runner) return 'ok';
  if (row?.status !== 'waiting') return 'stale';
  database.run(
    `update jobs set status = 'running', runner = ?, started_at = ? where job_id = ?`,
    runner,
    now,
    attempt.jobId,
  );
  moveCount(database, { run: attempt.run, from: 'waiting', to: 'running', now });
  return 'ok';
}

import { holdLockId } from '../../core/locks/held-job.ts';
import type { AttemptRef, JobOutcome, JobStore, Transition } from '../../core/ports/job-store.ts';
import { isFinal } from '../../core/results/job-state.ts';
import type { Database } from './database.ts';
import { rememberDuration } from './job-durations.ts';
import { takeFromQueue } from './job-queue.ts';
import { currentAttempt } from './job-rows.ts';
import type { JobRow } from './job-rows.ts';
import { moveCount } from './job-runs.ts';
import { attemptLockId, takeBackNodes } from './node-grants.ts';
import { recordEvent } from './node-rows.ts';

/** See `JobStore.finish`. Must be called inside a transaction, as all of these. */
export function finishJob(database: Database, attempt: AttemptRef, outcome: JobOutcome): Transition {
  const row = currentAttempt(database, attempt);
  if (row === null || row.status === 'queued') return 'stale';
  if (isFinal(row.status)) {
    return row.status === outcome.status && row.actor === outcome.actor ? 'ok' : 'stale';
  }
  if (outcome.ifNotStarted && row.status !== 'waiting') return 'stale';
  const limit = outcome.ifLeaseEndedBefore;
  if (limit !== undefined && (row.lease_until ?? limit) >= limit) return 'stale';
  endJob(database, { job: row, ...outcome });
  if (outcome.status !== 'dead') rememberDuration(database, row, outcome.now);
  if (outcome.holdNodesUntil !== undefined && outcome.holdNodesUntil !== null) {
    holdNodes(database, { job: row, attempt, until: outcome.holdNodesUntil, now: outcome.now });
    return 'ok';
  }
  takeBackNodes(database, {
    lockId: attemptLockId(attempt),
    ...nodesAfter(attempt, outcome.nodesClean),
    by: outcome.actor,
    now: outcome.now,
  });
  return 'ok';
}

/** What becomes of the nodes that an attempt gives back. */
export function nodesAfter({ run, jobId }: AttemptRef, clean: boolean) {
  return clean
    ? ({ state: 'free', reason: null } as const)
    : ({ state: 'dirty', reason: `used by ${run}/${jobId}` } as const);
}

/** Writes a final status and moves the counters; the nodes are the caller's. Must be called inside a transaction. */
export function endJob(
  database: Database,
  end: Pick<JobOutcome, 'status' | 'failureReason' | 'actor' | 'durationSeconds' | 'now'> & {
    job: Pick<JobRow, 'job_id' | 'run' | 'status'>;
  },
): void {
  database.run(
    `update jobs set status = ?, failure_reason = ?, actor = ?, duration_seconds = ?, finished_at = ?, lease_until = null
     where job_id = ?`,
    end.status,
    end.failureReason,
    end.actor,
    end.durationSeconds,
    end.now,
    end.job.job_id,
  );
  moveCount(database, { run: end.job.run, from: end.job.status, to: end.status, now: end.now });
}

function holdNodes(
  database: Database,
  hold: { job: JobRow; attempt: AttemptRef; until: number; now: number },
): void {
  const place = `${hold.job.run}/${hold.job.job_id}`;
  const lockId = holdLockId(hold.attempt);
  const rows = database.all<{ name: string }>(
    `update nodes set lock_id = ?, lock_run = null, lock_job_id = null, lock_since = ?, lock_until = ?
     where lock_id = ? returning name`,
    lockId,
    hold.now,
    hold.until,
    attemptLockId(hold.attempt),
  );
  if (rows.length === 0) return;
  database.run(
    'insert into grants (lock_id, nodes, granted_at) values (?, ?, ?)',
    lockId,
    JSON.stringify(rows.map((row) => row.name)),
    hold.now,
  );
  for (const { name } of rows) {
    recordEvent(database, { node: name, at: hold.now, event: 'held', by: hold.job.owner, detail: place });
  }
}

/** See `JobStore.kill`. */
export function killJobs(database: Database, params: Parameters<JobStore['kill']>[0]): number[] {
  const rows = database.all<Pick<JobRow, 'job_id' | 'run' | 'status'>>(
    `select job_id, run, status from jobs where run = ?1 and (?2 is null or job_id = ?2)
       and (status = 'queued' or (status in ('waiting', 'running') and kill_at is null)) order by job_id`,
    params.run,
    params.jobId ?? null,
  );
  for (const row of rows) {
    database.run(
      'update jobs set kill_actor = ?, kill_reason = ?, kill_at = ? where job_id = ?',
      params.actor,
      params.reason,
      params.now,
      row.job_id,
    );
    if (row.status !== 'queued') continue;
    takeFromQueue(database, row.job_id);
    endJob(database, {
      job: row,
      status: 'dead',
      failureReason: params.reason,
      actor: params.actor,
      durationSeconds: null,
      now: params.now,
    });
  }
  return rows.map((row) => row.job_id);
}

/** See `JobStore.expireQueued`. */
export function expireJobs(database: Database, { now, actor }: { now: number; actor: string }): number[] {
  const rows = database.all<Pick<JobRow, 'job_id' | 'run' | 'status'> & { expires_at: number }>(
    `select job_id, run, status, expires_at from jobs
     where status = 'queued' and expires_at is not null and expires_at <= ? order by job_id`,
    now,
  );
  for (const row of rows) {
    takeFromQueue(database, row.job_id);
    endJob(database, {
      job: row,
      status: 'dead',
      failureReason: `expired at ${new Date(row.expires_at).toISOString()}: it was still queued`,
      actor,
      durationSeconds: null,
      now,
    });
  }
  return rows.map((row) => row.job_id);
}

import type { AttemptRef, ClaimResult, HandBack, JobStore, Transition } from '../../core/ports/job-store.ts';
import type { Database } from './database.ts';
import { endJob, nodesAfter } from './job-endings.ts';
import { placeInQueue, takeFromQueue } from './job-queue.ts';
import { jobColumns, killRequest } from './job-rows.ts';
import type { JobRow } from './job-rows.ts';
import { moveCount } from './job-runs.ts';
import { attemptLockId, grantable, grantNodes, takeBackNodes } from './node-grants.ts';

type ClaimParams = Parameters<JobStore['claim']>[0];

/**
 * The grant of all nodes to a job, and its undoing. Both must be called inside a transaction. The fence of the attempt is
 * above every fence that the job or any of the nodes has had, so that one number serves them all.
 */
export function claimJob(database: Database, params: ClaimParams): ClaimResult {
  const job = findJob(database, params);
  if (job === null) return { kind: 'refused', reason: `no job ${params.jobId} in run '${params.run}'` };
  if (job.status !== 'queued') {
    return { kind: 'refused', reason: `job ${params.jobId} is ${job.status}, no longer queued` };
  }
  if (job.expires_at !== null && job.expires_at <= params.now) {
    const reason = `job ${params.jobId} expired at ${new Date(job.expires_at).toISOString()}`;
    return { kind: 'refused', reason };
  }
  if (params.nodes.length !== job.node_count) {
    const reason = `job ${params.jobId} needs ${job.node_count} nodes, ${params.nodes.length} were named`;
    return { kind: 'refused', reason };
  }
  const check = grantable(database, params.nodes);
  if (check.kind === 'refused') return check;
  return grantToJob(database, { ...params, job, fence: Math.max(check.fence, job.fence ?? 0) + 1 });
}

function grantToJob(
  database: Database,
  { job, fence, ...params }: ClaimParams & { job: JobRow; fence: number },
): ClaimResult {
  const attempt: AttemptRef = { run: job.run, jobId: job.job_id, fence };
  const nodes = grantNodes(database, {
    lockId: attemptLockId(attempt),
    nodes: params.nodes,
    owner: job.owner,
    job: attempt,
    fence,
    leaseUntil: params.leaseUntil,
    description: `${job.run}/${job.job_id}`,
    now: params.now,
  });
  database.run(
    `update jobs set status = 'waiting', attempt = attempt + 1, fence = ?, nodes = ?, lease_until = ?, runner = null
     where job_id = ?`,
    fence,
    JSON.stringify(params.nodes),
    params.leaseUntil,
    job.job_id,
  );
  takeFromQueue(database, job.job_id);
  moveCount(database, { run: job.run, from: 'queued', to: 'waiting', now: params.now });
  return { kind: 'claimed', attempt, attemptNumber: job.attempt + 1, nodes };
}

/** See `JobStore.unclaim`. */
export function unclaimJob(
  database: Database,
  { attempt, now, blameless }: { attempt: AttemptRef; now: number; blameless: boolean },
): Transition {
  const job = findJob(database, attempt);
  if (job === null || job.fence !== attempt.fence) return 'stale';
  if (job.status === 'queued') return 'ok';
  if (job.status !== 'waiting') return 'stale';
  const reason = null;
  takeBackNodes(database, { lockId: attemptLockId(attempt), state: 'free', reason, by: 'dispatcher', now });
  requeue(database, { job, blameless, now });
  return 'ok';
}

/** See `JobStore.handBack`. Must be called inside a transaction. */
export function handBackJob(
  database: Database,
  attempt: AttemptRef,
  { actor, nodesClean, now }: HandBack,
): Transition {
  const job = findJob(database, attempt);
  if (job === null || job.fence !== attempt.fence) return 'stale';
  if (job.status === 'queued') return 'ok';
  if (job.status !== 'running') return 'stale';
  const after = nodesAfter(attempt, nodesClean);
  takeBackNodes(database, { lockId: attemptLockId(attempt), ...after, by: actor, now });
  requeue(database, { job, blameless: true, now });
  return 'ok';
}

/** A claimed job goes to its old place in the queue, or to its end when somebody asked for that. */
function requeue(
  database: Database,
  { job, blameless, now }: { job: JobRow; blameless: boolean; now: number },
): void {
  const request = killRequest(job);
  if (request !== null) {
    const { actor, reason: failureReason } = request;
    endJob(database, { job, status: 'dead', failureReason, actor, durationSeconds: null, now });
    return;
  }
  database.run(
    `update jobs set status = 'queued', lease_until = null, runner = null, started_at = null, attempt = attempt - ?
     where job_id = ?`,
    blameless ? 1 : 0,
    job.job_id,
  );
  placeInQueue(database, { jobId: job.job_id, machineType: job.machine_type, priority: job.priority });
  moveCount(database, { run: job.run, from: job.status, to: 'queued', now });
}

function findJob(database: Database, { run, jobId }: { run: string; jobId: number }): JobRow | null {
  return database.get<JobRow>(`select ${jobColumns} from jobs where run = ? and job_id = ?`, run, jobId);
}

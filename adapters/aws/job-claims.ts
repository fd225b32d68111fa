import type { AttemptRef, ClaimResult, HandBack, JobStore, Transition } from '../../core/ports/job-store.ts';
import { endJob, nodesAfter } from './job-endings.ts';
import { moveCount, putJob, readJob } from './job-items.ts';
import { attemptLockId, grantable, grantNodes, heldNodes, takeBackNodes } from './node-grants.ts';
import type { JobItem } from './job-items.ts';
import type { Tables, Write } from './table.ts';
import type { Decision } from './transition.ts';

type ClaimParams = Parameters<JobStore['claim']>[0];

/**
 * The grant of all nodes to a job: one transaction of the job, the counters of its run, and each node. The fence of the attempt is
 * above every fence that the job or any of the nodes has had, so that one number serves them all.
 */
export async function claimJob(
  tables: Tables,
  op: string,
  { run, jobId, nodes: names, leaseUntil, now }: ClaimParams,
): Promise<Decision<ClaimResult>> {
  const refuse = (reason: string) => ({ result: { kind: 'refused' as const, reason }, writes: [] });
  const before = await readJob(tables, { run, jobId });
  if (before === null) return refuse(`no job ${jobId} in run '${run}'`);
  const { job } = before;
  if (job.status !== 'queued') return refuse(`job ${jobId} is ${job.status}, no longer queued`);
  if (job.expiresAt !== null && job.expiresAt <= now) {
    return refuse(`job ${jobId} expired at ${new Date(job.expiresAt).toISOString()}`);
  }
  if (names.length !== job.nodeCount) {
    return refuse(`job ${jobId} needs ${job.nodeCount} nodes, ${names.length} were named`);
  }
  const check = await grantable(tables, names);
  if (check.kind === 'refused') return { result: check, writes: [] };
  const fence = Math.max(check.fence, job.fence ?? 0) + 1;
  const attempt: AttemptRef = { run, jobId, fence };
  const { writes, nodes } = await grantNodes(tables, op, {
    lockId: attemptLockId(attempt),
    owner: job.owner,
    job: attempt,
    fence,
    leaseUntil,
    description: `${run}/${jobId}`,
    now,
    items: check.items,
  });
  const claimed = { status: 'waiting', attempt: job.attempt + 1, fence, nodes: names, leaseUntil } as const;
  return {
    result: { kind: 'claimed', attempt, attemptNumber: job.attempt + 1, nodes },
    writes: [
      putJob(tables, op, { job: { ...job, ...claimed, runner: null }, before }),
      moveCount(tables, { job, to: 'waiting', now }),
      ...writes,
    ],
  };
}

/** See `JobStore.unclaim`. */
export async function unclaimJob(
  tables: Tables,
  op: string,
  { attempt, now, blameless }: { attempt: AttemptRef; now: number; blameless: boolean },
): Promise<Decision<Transition>> {
  const before = await readJob(tables, attempt);
  const job = before?.job;
  if (before === null || job === undefined || job.fence !== attempt.fence)
    return { result: 'stale', writes: [] };
  if (job.status === 'queued') return { result: 'ok', writes: [] };
  if (job.status !== 'waiting') return { result: 'stale', writes: [] };
  const items = await heldNodes(tables, { lockId: attemptLockId(attempt), nodes: job.nodes });
  const end = { state: 'free', reason: null, by: 'dispatcher', now } as const;
  const freed = await takeBackNodes(tables, op, { ...end, items });
  return { result: 'ok', writes: [...requeue(tables, op, { before, blameless, now }), ...freed] };
}

/** See `JobStore.handBack`. */
export async function handBackJob(
  tables: Tables,
  op: string,
  { attempt, actor, nodesClean, now }: HandBack & { attempt: AttemptRef },
): Promise<Decision<Transition>> {
  const before = await readJob(tables, attempt);
  if (before === null || before.job.fence !== attempt.fence) return { result: 'stale', writes: [] };
  const { job } = before;
  if (job.status === 'queued') return { result: 'ok', writes: [] };
  if (job.status !== 'running') return { result: 'stale', writes: [] };
  const items = await heldNodes(tables, { lockId: attemptLockId(attempt), nodes: job.nodes });
  const after = nodesAfter(attempt, { nodesClean, actor, now });
  const freed = await takeBackNodes(tables, op, { items, ...after });
  return { result: 'ok', writes: [...requeue(tables, op, { before, blameless: true, now }), ...freed] };
}

/** A claimed job goes to its old place in the queue, or to its end when somebody asked for that. */
function requeue(
  tables: Tables,
  op: string,
  { before, blameless, now }: { before: JobItem; blameless: boolean; now: number },
): Write[] {
  const { job } = before;
  if (job.killRequested !== null) {
    const { actor, reason: failureReason } = job.killRequested;
    const ended = { status: 'dead', failureReason, actor, durationSeconds: null, now } as const;
    return endJob(tables, op, { ...ended, before });
  }
  const attempts = job.attempt - (blameless ? 1 : 0);
  const unstarted = { leaseUntil: null, runner: null, startedAt: null };
  const queued = { ...job, ...unstarted, status: 'queued', attempt: attempts } as const;
  return [putJob(tables, op, { job: queued, before }), moveCount(tables, { job, to: 'queued', now })];
}

import { holdLockId } from '../../core/locks/held-job.ts';
import type { AttemptRef, JobOutcome, JobRecord, Transition } from '../../core/ports/job-store.ts';
import { isFinal } from '../../core/results/job-state.ts';
import { currentAttempt, moveCount, putJob } from './job-items.ts';
import type { JobItem } from './job-items.ts';
import { nodeKeys } from './keys.ts';
import { attemptLockId, heldNodes, takeBackNodes } from './node-grants.ts';
import { changeNodes } from './node-items.ts';
import type { GrantItem, NodeItem } from './node-items.ts';
import type { Tables, Write } from './table.ts';
import type { Decision } from './transition.ts';

/** See `JobStore.finish`. */
export async function finishJob(
  tables: Tables,
  op: string,
  { attempt, outcome }: { attempt: AttemptRef; outcome: JobOutcome },
): Promise<Decision<Transition>> {
  const stale = { result: 'stale', writes: [] } as const;
  const before = await currentAttempt(tables, attempt);
  if (before === null || before.job.status === 'queued') return stale;
  const { job } = before;
  if (isFinal(job.status)) {
    const same = job.status === outcome.status && job.actor === outcome.actor;
    return { result: same ? 'ok' : 'stale', writes: [] };
  }
  if (outcome.ifNotStarted && job.status !== 'waiting') return stale;
  const limit = outcome.ifLeaseEndedBefore;
  if (limit !== undefined && (job.leaseUntil ?? limit) >= limit) return stale;
  const ended = endJob(tables, op, { ...outcome, before });
  const items = await heldNodes(tables, { lockId: attemptLockId(attempt), nodes: job.nodes });
  const until = outcome.holdNodesUntil ?? null;
  const nodes =
    until === null
      ? await takeBackNodes(tables, op, { items, ...nodesAfter(attempt, outcome) })
      : await holdNodes(tables, op, { job, items, until, now: outcome.now });
  return { result: 'ok', writes: [...ended, ...nodes] };
}

/** What becomes of the nodes that an attempt gives back. */
export function nodesAfter(
  { run, jobId }: AttemptRef,
  { nodesClean, actor, now }: Pick<JobOutcome, 'nodesClean' | 'actor' | 'now'>,
) {
  const state = nodesClean ? ('free' as const) : ('dirty' as const);
  return { state, reason: nodesClean ? null : `used by ${run}/${jobId}`, by: actor, now };
}

/** The writes of a final status and of the counters; the nodes are the caller's. */
export function endJob(
  tables: Tables,
  op: string,
  end: Pick<JobOutcome, 'status' | 'failureReason' | 'actor' | 'durationSeconds' | 'now'> & {
    before: JobItem;
  },
): Write[] {
  const { before, status, failureReason, actor, durationSeconds, now } = end;
  const ended = { status, failureReason, actor, durationSeconds, finishedAt: now, leaseUntil: null };
  return [
    putJob(tables, op, { job: { ...before.job, ...ended }, before }),
    moveCount(tables, { job: before.job, to: status, now }),
  ];
}

/**
 * The grant is put before the transaction, which is full with 98 nodes: without the nodes themselves it gives nobody anything.
 */
async function holdNodes(
  tables: Tables,
  op: string,
  { job, items, until, now }: { job: JobRecord; items: readonly NodeItem[]; until: number; now: number },
): Promise<Write[]> {
  const lockId = holdLockId(job);
  if (items.length === 0) return [];
  const nodes = items.map(({ node }) => node.name);
  const grant: GrantItem = { ...nodeKeys.grant(lockId), nodes, endedAt: null, version: 1, op };
  await tables.putMany(tables.nodes, [grant]);
  const changes = items.flatMap((before) => {
    const { lock } = before.node;
    if (lock === null) return [];
    const held = { ...lock, id: lockId, job: null, since: now, leaseUntil: until };
    const event = { at: now, event: 'held', by: job.owner, detail: `${job.run}/${job.jobId}` };
    return [{ before, node: { ...before.node, lock: held }, event }];
  });
  return changeNodes(tables, op, changes);
}

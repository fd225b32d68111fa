import type { Node } from '../locks/node.ts';
import type { JobRecord } from '../ports/job-store.ts';
import { outlooks } from './outlook.ts';
import type { Outlook, RunningJob } from './outlook.ts';
import { whyHeld, whyImpossible, whyNoSlot, whyReserved } from './why-it-waits.ts';
import { firstAvailable, freeNodes, wishGroups } from './wish-groups.ts';
import type { WishGroup } from './wish-groups.ts';

export type QueuedJob = Pick<
  JobRecord,
  'run' | 'jobId' | 'machineType' | 'nodeCount' | 'osType' | 'osVersion' | 'arch' | 'priority' | 'maxSeconds'
>;

export interface PlanInput {
  readonly now: number; // epoch ms
  readonly jobs: readonly QueuedJob[]; // the head of the queue, in any order
  readonly nodes: readonly Node[]; // of every machine type that the jobs accept
  readonly running: readonly RunningJob[];
  readonly slots: number | null; // how many more runners may start; null = any number
}

export interface Plan {
  readonly claims: readonly PlannedClaim[]; // in the order in which they should be made
  readonly waiting: readonly WaitingJob[]; // everybody else, in queue order
}

export interface PlannedClaim {
  readonly run: string;
  readonly jobId: number;
  readonly nodes: readonly string[];
}

export interface WaitingJob {
  readonly run: string;
  readonly jobId: number;
  /**
   * `impossible`: the inventory could not serve it even when idle. `held`: only people's locks without an end are in the
   * way. `reserved`: it will start when the nodes planned for it are free. `slot`: it has nodes but no runner. `launcher`: its
   * runner could not be started. `paused`: people have stopped its queue. The plan itself says neither of the last two.
   */
  readonly kind: 'impossible' | 'held' | 'reserved' | 'slot' | 'launcher' | 'paused';
  readonly reason: string;
  readonly expectedAt: number | null; // epoch ms, the latest; null = cannot be said
}

/** Unwinding a job that ran into its deadline and cleaning its nodes, with some reserve. */
const turnoverMs = 5 * 60_000;

/**
 * How many jobs of each kind of wish keep nodes, the first ones in the queue. Those behind them wait without a promise until they
 * move up; every job is the first of its kind in the end, so that this starves nobody.
 */
const mostReservations = 32;

/**
 * Decides who starts now and why the others wait. Jobs are taken strictly by priority, then by submission. Each of the first
 * jobs that cannot start keeps the nodes that will serve it first, and whoever comes behind may only use them when he is
 * certain to be gone by then: so what a job gets depends on the jobs before it, never on those behind (L9). A job that cannot be
 * served by the inventory, or not before somebody gives up a lock that has no end, keeps nothing.
 * Costs a sort of the nodes and one step for each job and each node taken, and a walk over the nodes of its kind for each job
 * that keeps some; jobs that are in queue order already are not sorted again.
 */
export function plan(input: PlanInput): Plan {
  const outlook = outlooks({ ...input, turnoverMs });
  const groupOf = wishGroups(outlook);
  const claims: PlannedClaim[] = [];
  const waiting: WaitingJob[] = [];
  let kept = 0; // one runner slot is left for jobs that keep nodes, so that those who overtake cannot delay them by that either
  for (const job of [...input.jobs].sort(inQueueOrder)) {
    const slots = input.slots === null ? Infinity : input.slots - claims.length - kept;
    const decision = decide(input, { job, group: groupOf(job), slots });
    if ('nodes' in decision) claims.push(decision);
    else {
      waiting.push(decision);
      if (decision.kind === 'reserved' || decision.kind === 'slot') kept = 1;
    }
  }
  return { claims, waiting };
}

function inQueueOrder(a: QueuedJob, b: QueuedJob): number {
  return a.priority - b.priority || a.jobId - b.jobId;
}

interface Turn {
  readonly job: QueuedJob;
  readonly group: WishGroup;
  readonly slots: number;
}

function decide(input: PlanInput, { job, group, slots }: Turn): PlannedClaim | WaitingJob {
  const { run, jobId, nodeCount } = job;
  if (group.candidates.length < nodeCount) {
    const reason = sentenceOf(group, nodeCount, () => whyImpossible(job, input.nodes));
    return { run, jobId, kind: 'impossible', reason, expectedAt: null };
  }
  if (group.foreseeable.length < nodeCount) {
    const reason = sentenceOf(group, nodeCount, () => whyHeld(job, group.candidates));
    return { run, jobId, kind: 'held', reason, expectedAt: null };
  }
  const endsAt = input.now + job.maxSeconds * 1000 + turnoverMs;
  const usable = freeNodes(group, job, endsAt);
  if (usable !== null && slots > 0) {
    for (const outlook of usable) take(outlook, endsAt);
    return { run, jobId, nodes: usable.map((outlook) => outlook.node.name) };
  }
  const keeps = group.reservations < mostReservations;
  if (keeps) group.reservations += 1;
  if (usable !== null) {
    if (keeps) reserve(input, job, usable);
    return { run, jobId, kind: 'slot', reason: whyNoSlot(), expectedAt: null };
  }
  if (!keeps) {
    const reason = sentenceOf(group, nodeCount, () => whyReserved(job, group.candidates));
    return { run, jobId, kind: 'reserved', reason, expectedAt: null };
  }
  const why = whyReserved(job, group.candidates);
  const expectedAt = reserve(input, job, group.foreseeable);
  return { run, jobId, kind: 'reserved', reason: `${why}; at the latest ${isoTime(expectedAt)}`, expectedAt };
}

/** A group never changes between impossible, held and reserved for a number of nodes, so that one sentence does for all its jobs. */
function sentenceOf(group: WishGroup, nodeCount: number, make: () => string): string {
  const known = group.sentences.get(nodeCount);
  if (known !== undefined) return known;
  const made = make();
  group.sentences.set(nodeCount, made);
  return made;
}

function take(outlook: Outlook, until: number): void {
  outlook.free = false;
  // A node lent out before its reservation begins is available when it would have been.
  if (outlook.reservedFor === null) outlook.availableAt = until;
}

/** Keeps the nodes that are available first; returns when the last of them is. */
function reserve(input: PlanInput, job: QueuedJob, usable: readonly Outlook[]): number {
  const chosen = firstAvailable(usable, job.nodeCount);
  const start = Math.max(input.now, ...chosen.map((outlook) => outlook.availableAt));
  for (const outlook of chosen) {
    if (outlook.reservedFor === null) {
      outlook.reservedFor = job.jobId;
      outlook.reservedFrom = start;
    }
    outlook.availableAt = start + job.maxSeconds * 1000 + turnoverMs;
  }
  return start;
}

function isoTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

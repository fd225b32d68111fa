import type { NodeWish } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import type { JobRecord } from '../ports/job-store.ts';
import { notClear, returnToHeaps, takeFirstAvailable } from './node-kinds.ts';
import type { NodeKinds } from './node-kinds.ts';
import { outlooks } from './outlook.ts';
import type { Outlook, RunningJob } from './outlook.ts';
import { freeNodes, hasFreeNodes, pools } from './pools.ts';
import type { Pool, WishGroup } from './pools.ts';
import { queueOrder } from './queue-order.ts';
import { lazyWait, noSlot } from './wait.ts';
import type { Wait } from './wait.ts';
import { alikeNodes, whyHeld, whyImpossible, whyReserved } from './why-it-waits.ts';

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
  readonly waiting: readonly QueuedJob[]; // everybody else, in queue order
  readonly waits: readonly Wait[]; // of each waiting job, in the same order; jobs that wait for the same share one
}

export interface PlannedClaim {
  readonly run: string;
  readonly jobId: number;
  readonly nodes: readonly string[];
}

/** Unwinding a job that ran into its deadline and cleaning its nodes, with some reserve. */
const turnoverMs = 5 * 60_000;

/**
 * How many jobs that the same nodes can serve keep nodes, the first ones in the queue. Those behind them wait without a promise until
 * they move up; every job is the first of these in the end, so that this starves nobody.
 */
const mostReservations = 32;

/** How many do so in all, but for the first of each pool of nodes. */
const mostReservationsInAll = 512;

/**
 * Decides who starts now and why the others wait. Jobs are taken strictly by priority, then by submission. Each of the first
 * jobs that cannot start keeps the nodes that will serve it first, and whoever comes behind may only use them when he is
 * certain to be gone by then: so what a job gets depends on the jobs before it, never on those behind (L9). A job that cannot be
 * served by the inventory, or not before somebody gives up a lock that has no end, keeps nothing.
 * Costs a sort of the nodes, one step for each job and each node taken, and a few for each node that is kept; jobs that are in queue
 * order already are not sorted again.
 */
export function plan(input: PlanInput): Plan {
  const outlook = outlooks({ ...input, turnoverMs });
  const { groupOf, kinds } = pools(outlook);
  let alike: ReturnType<typeof alikeNodes> | null = null;
  const lab: Lab = {
    input,
    kinds,
    alike: (wish: NodeWish) => (alike ??= alikeNodes(input.nodes))(wish),
    reservations: 0,
  };
  const claims: PlannedClaim[] = [];
  const waiting: QueuedJob[] = [];
  const waits: Wait[] = [];
  let kept = 0; // one runner slot is left for jobs that keep nodes, so that those who overtake cannot delay them by that either
  for (const job of queueOrder(input.jobs)) {
    const slots = input.slots === null ? Infinity : input.slots - claims.length - kept;
    const decision = decide(lab, { job, group: groupOf(job), slots });
    if ('nodes' in decision) claims.push(decision);
    else {
      waiting.push(job);
      waits.push(decision);
      if (decision.kind === 'reserved' || decision.kind === 'slot') kept = 1;
    }
  }
  return { claims, waiting, waits };
}

interface Lab {
  readonly input: PlanInput;
  readonly kinds: NodeKinds;
  readonly alike: ReturnType<typeof alikeNodes>;
  reservations: number; // so far
}

interface Turn {
  readonly job: QueuedJob;
  readonly group: WishGroup;
  readonly slots: number;
}

function decide(lab: Lab, turn: Turn): PlannedClaim | Wait {
  const { job, group, slots } = turn;
  const { nodeCount } = job;
  const { pool } = group;
  if (pool.foreseeable < nodeCount) return outOfReach(lab, turn);
  const endsAt = lab.input.now + job.maxSeconds * 1000 + turnoverMs;
  const demand = { nodeCount, endsAt };
  const keeps = mayKeep(lab, pool);
  if (slots <= 0 && !keeps && hasFreeNodes(pool, demand)) return noSlot;
  const usable = freeNodes(pool, demand);
  if (usable !== null && slots > 0) {
    for (const outlook of usable) take(lab, outlook, endsAt);
    return { run: job.run, jobId: job.jobId, nodes: usable.map((outlook) => outlook.node.name) };
  }
  if (!keeps) {
    return sharedWait(group, nodeCount, () => {
      return { kind: 'reserved', reason: whyReserved(job, pool, lab.kinds), expectedAt: null };
    });
  }
  pool.reservations += 1;
  lab.reservations += 1;
  if (usable !== null) {
    keep(lab, job, usable);
    return noSlot;
  }
  const why = whyReserved(job, pool, lab.kinds);
  const chosen = takeFirstAvailable(pool.kinds, nodeCount);
  const expectedAt = keep(lab, job, chosen);
  returnToHeaps(lab.kinds, chosen);
  return { kind: 'reserved', reason: `${why}; at the latest ${isoTime(expectedAt)}`, expectedAt };
}

/** It depends on the jobs before alone, as everything does. */
function mayKeep(lab: Lab, pool: Pool): boolean {
  if (pool.reservations === 0) return true;
  return pool.reservations < mostReservations && lab.reservations < mostReservationsInAll;
}

function outOfReach({ alike }: Lab, { job, group }: Turn): Wait {
  const { nodeCount } = job;
  const { candidates } = group.pool;
  const impossible = candidates.length < nodeCount;
  return sharedWait(group, nodeCount, () =>
    impossible
      ? lazyWait('impossible', () => whyImpossible(job, alike(job)))
      : lazyWait('held', () => whyHeld(job, candidates)),
  );
}

/** A group never changes between impossible, held and reserved for a number of nodes, so that one answer does for all its jobs. */
function sharedWait({ waits }: WishGroup, nodeCount: number, make: () => Wait): Wait {
  let wait = waits.get(nodeCount);
  if (wait === undefined) {
    wait = make();
    waits.set(nodeCount, wait);
  }
  return wait;
}

function take({ kinds }: Lab, outlook: Outlook, until: number): void {
  notClear(kinds, outlook);
  outlook.free = false;
  // A node lent out before its reservation begins is available when it would have been.
  if (outlook.reservedFor === null) outlook.availableAt = until;
}

/** Keeps nodes for a job from when the last of them is available, and returns when that is. */
function keep({ input, kinds }: Lab, job: QueuedJob, chosen: readonly Outlook[]): number {
  let start = input.now;
  for (const { availableAt } of chosen) start = Math.max(start, availableAt);
  for (const outlook of chosen) {
    if (outlook.reservedFor === null) {
      notClear(kinds, outlook);
      outlook.reservedFor = job.jobId;
      outlook.reservedFrom = start;
      if (start <= input.now) outlook.free = false; // nobody could be gone by then
    }
    outlook.availableAt = start + job.maxSeconds * 1000 + turnoverMs;
  }
  return start;
}

function isoTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

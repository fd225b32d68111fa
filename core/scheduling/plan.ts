import { mismatches } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import type { JobRecord } from '../ports/job-store.ts';
import { byLastUse, outlooks } from './outlook.ts';
import type { Outlook, RunningJob } from './outlook.ts';
import { whyHeld, whyImpossible, whyNoSlot, whyReserved } from './why-it-waits.ts';

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
 * Decides who starts now and why the others wait. Jobs are taken strictly by priority, then by submission. Each job that
 * cannot start keeps the nodes that will serve it first, and whoever comes behind may only use them when he is certain to
 * be gone by then: so what a job gets depends on the jobs before it, never on those behind (L9). A job that cannot be
 * served by the inventory, or not before somebody gives up a lock that has no end, keeps nothing.
 */
export function plan(input: PlanInput): Plan {
  const state: PlanState = { ...input, outlook: outlooks({ ...input, turnoverMs }), candidates: new Map() };
  const claims: PlannedClaim[] = [];
  const waiting: WaitingJob[] = [];
  for (const job of [...input.jobs].sort(inQueueOrder)) {
    const slots = input.slots === null ? Infinity : input.slots - claims.length;
    const decision = decide(state, { job, slots: waiting.some(keepsNodes) ? slots - 1 : slots });
    if ('nodes' in decision) claims.push(decision);
    else waiting.push(decision);
  }
  return { claims, waiting };
}

interface PlanState extends PlanInput {
  readonly outlook: readonly Outlook[];
  readonly candidates: Map<string, readonly Outlook[]>; // by what is wished for; many jobs wish for the same
}

function inQueueOrder(a: QueuedJob, b: QueuedJob): number {
  return a.priority - b.priority || a.jobId - b.jobId;
}

/** One runner slot is left for the jobs that keep nodes, so that those who overtake cannot delay them by that either. */
function keepsNodes(job: WaitingJob): boolean {
  return job.kind === 'reserved' || job.kind === 'slot';
}

function decide(
  state: PlanState,
  { job, slots }: { job: QueuedJob; slots: number },
): PlannedClaim | WaitingJob {
  const id = { run: job.run, jobId: job.jobId };
  const candidates = candidatesOf(state, job);
  if (candidates.length < job.nodeCount) {
    return { ...id, kind: 'impossible', reason: whyImpossible(job, state.nodes), expectedAt: null };
  }
  const foreseeable = candidates.filter((outlook) => outlook.availableAt < Infinity);
  if (foreseeable.length < job.nodeCount) {
    return { ...id, kind: 'held', reason: whyHeld(job, candidates), expectedAt: null };
  }
  const endsAt = state.now + job.maxSeconds * 1000 + turnoverMs;
  const usable = foreseeable
    .filter((outlook) => outlook.free && endsAt <= outlook.reservedFrom)
    .sort(byLastUse);
  const startable = usable.length >= job.nodeCount;
  if (startable && slots > 0) {
    const chosen = usable.slice(0, job.nodeCount);
    for (const outlook of chosen) take(outlook, endsAt);
    return { ...id, nodes: chosen.map((outlook) => outlook.node.name) };
  }
  const why = startable ? whyNoSlot() : whyReserved(job, candidates);
  const expectedAt = reserve(state, job, startable ? usable : foreseeable);
  return startable
    ? { ...id, kind: 'slot', reason: why, expectedAt: null }
    : { ...id, kind: 'reserved', reason: `${why}; at the latest ${isoTime(expectedAt)}`, expectedAt };
}

function candidatesOf(state: PlanState, job: QueuedJob): readonly Outlook[] {
  const key = JSON.stringify([job.machineType, job.osType, job.osVersion, job.arch]);
  const known = state.candidates.get(key);
  if (known !== undefined) return known;
  const found = state.outlook.filter((outlook) => mismatches(outlook.node, job).length === 0);
  state.candidates.set(key, found);
  return found;
}

function take(outlook: Outlook, until: number): void {
  outlook.free = false;
  // A node lent out before its reservation begins is available when it would have been.
  if (outlook.reservedFor === null) outlook.availableAt = until;
}

/** Keeps the nodes that are available first; returns when the last of them is. */
function reserve(state: PlanState, job: QueuedJob, usable: readonly Outlook[]): number {
  const chosen = [...usable]
    .sort((a, b) => a.availableAt - b.availableAt || byLastUse(a, b))
    .slice(0, job.nodeCount);
  const start = Math.max(state.now, ...chosen.map((outlook) => outlook.availableAt));
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

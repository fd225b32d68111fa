import { isFinal } from '../../core/results/job-state.ts';
import { attemptId, breach } from './model.ts';
import type { JobModel, Model, NodeModel } from './model.ts';

/** Judges, again and again, what should have happened by now: L6 and L9. Times count only while a lab is up. */
export interface Patience {
  /** `elapsedMs` since the last look, `wall` is what the machine's clock says. */
  look(model: Model, params: { at: number; elapsedMs: number; wall: number }): void;
}

/** L6: how long the nodes of a runner that is gone may stay its own. */
const takeBackMs = 90_000;
/** The same for one that is there and says nothing, after the end of its lease. */
const afterLeaseMs = 45_000;
/** How long the first job of the queue may look at enough free nodes, while there is room for a runner. */
const idleMs = 60_000;
/** How long a dispatcher whose launcher failed may start nothing. */
const outageMs = 30_000;
/** What one job before another may cost it: the longest job, its unwinding, cleaning that hangs, and a sweep. */
const turnMs = 60 * 60_000;

interface Waiting {
  queuedMs: number; // with enough nodes in the lab's hands
  idleMs: number; // first in the queue, with enough free nodes
  readonly counted: Set<number>;
  attempts: number;
}

/** Patience that has not waited for anything yet. */
export function patience(): Patience {
  const goneFor = new Map<string, number>();
  const waits = new Map<number, Waiting>();
  return {
    look(model, { at, elapsedMs, wall }) {
      if (!model.labUp) return;
      lookForLostRunners(model, { at, goneFor, elapsedMs, wall });
      lookAtQueue(model, { at, waits, elapsedMs, wall });
    },
  };
}

function lookForLostRunners(
  model: Model,
  params: { at: number; goneFor: Map<string, number>; elapsedMs: number; wall: number },
): void {
  const { at, goneFor, elapsedMs } = params;
  for (const job of model.jobs.values()) {
    if (isFinal(job.status) || job.status === 'queued' || job.goneAt === null || job.fence === null) continue;
    // One that only stands still counts from the end of its lease, by the clock that leases are made with.
    if (job.silent && params.wall <= job.leaseUntil) continue;
    const limit = job.silent ? afterLeaseMs : takeBackMs;
    const id = attemptId({ jobId: job.jobId, fence: job.fence });
    // A lab that starts has to give leases the benefit of the doubt again.
    const key = `${id} ${job.goneAt} ${model.labStarts}`;
    const goneMs = (goneFor.get(key) ?? 0) + elapsedMs;
    goneFor.set(key, goneMs);
    if (goneMs <= limit || goneMs - elapsedMs > limit) continue;
    const since = Math.round(job.goneAt / 1000);
    const text = `${id} has had no runner (${job.runner}) since ${since} s and is still ${job.status} with its nodes`;
    breach(model, { law: 'L6', at, text, job });
  }
}

function lookAtQueue(
  model: Model,
  {
    at,
    waits,
    elapsedMs,
    wall,
  }: { at: number; waits: Map<number, Waiting>; elapsedMs: number; wall: number },
): void {
  const isClosed = (type: string) =>
    (model.pauses.get(type)?.until ?? 0) > wall || model.workers.get(type)?.size === 0;
  const queue = [...model.jobs.values()]
    .filter((job) => job.status === 'queued')
    .sort((a, b) => a.priority - b.priority || a.jobId - b.jobId);
  const nodes = [...model.nodes.values()].filter((node) => node.present && !isClosed(node.machineType));
  const servable = queue.filter(
    (job) => !job.machineType.split(',').every(isClosed) && count(nodes, job, isInPlay) >= job.nodeCount,
  );
  const live = [...model.jobs.values()].filter(({ status }) => status === 'waiting' || status === 'running');
  // A job whose nodes come back when the leases of people end is promised them then, and nobody behind it is the first.
  const first = queue.find(
    (job) =>
      !job.machineType.split(',').every(isClosed) &&
      count(nodes, job, (node) => comesBack(model, node)) >= job.nodeCount,
  );
  const outage = model.launchFailedAt !== null && at - model.launchFailedAt <= outageMs;
  const room = model.mostRunners === null || live.length < model.mostRunners;
  for (const [place, job] of servable.entries()) {
    const waiting = waits.get(job.jobId) ?? newWaiting(job);
    waits.set(job.jobId, waiting);
    for (const other of servable.slice(0, place)) waiting.counted.add(other.jobId);
    waiting.queuedMs += elapsedMs;
    if (waiting.queuedMs > (waiting.counted.size + 2) * turnMs)
      starved(model, { at, job, text: `${waiting.counted.size} jobs stood before it` });
    const idle =
      room &&
      !outage &&
      job === first &&
      count(nodes, job, isFree) >= job.nodeCount &&
      waiting.attempts === job.attempts;
    waiting.idleMs = idle ? waiting.idleMs + elapsedMs : 0;
    waiting.attempts = job.attempts;
    if (waiting.idleMs > idleMs && waiting.idleMs - elapsedMs <= idleMs)
      starved(model, { at, job, text: 'it is the first and its nodes are free' });
  }
}

function newWaiting(job: JobModel): Waiting {
  return { queuedMs: 0, idleMs: 0, counted: new Set(), attempts: job.attempts };
}

function starved(model: Model, { at, job, text }: { at: number; job: JobModel; text: string }): void {
  breach(model, {
    law: 'L9',
    at,
    text: `job ${job.jobId} (${job.nodeCount} of ${job.machineType}) waits, and ${text}`,
    job,
  });
}

function count(
  nodes: readonly NodeModel[],
  job: Pick<JobModel, 'machineType' | 'osType'>,
  which: (node: NodeModel) => boolean,
): number {
  const types = job.machineType.split(',');
  const fits = (node: NodeModel) =>
    types.includes(node.machineType) && (job.osType === null || job.osType === node.osType);
  return nodes.filter((node) => fits(node) && which(node)).length;
}

/** Not in the hands of a person and not out of order. */
function isInPlay(node: NodeModel): boolean {
  return node.state !== 'quarantined' && (node.grant === null || node.grant.jobId !== null);
}

/** In play, or with a person whose lock has an end. */
function comesBack(model: Model, node: NodeModel): boolean {
  if (isInPlay(node)) return true;
  return node.grant !== null && model.locks.get(node.grant.lockId)?.endless === false;
}

function isFree(node: NodeModel): boolean {
  return node.state === 'free';
}

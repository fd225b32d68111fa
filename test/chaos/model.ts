import { workerRunnerPrefix } from '../../core/ports/workers.ts';
import type { JobStatus } from '../../core/results/job-state.ts';

/** What the checker believes, from the answers alone: a model that shares no code with the stores. */
export interface Model {
  readonly nodes: Map<string, NodeModel>;
  readonly jobs: Map<number, JobModel>;
  readonly locks: Map<string, LockModel>; // people's, by lock id
  readonly gone: Set<string>; // runners that ended or fell silent
  readonly woken: Map<string, number>; // virtual ms, of runners that stood still
  readonly pauses: Map<string, { readonly since: number; readonly until: number }>; // virtual ms, and by the clock of the caller
  readonly workers: Map<string, ReadonlySet<string>>; // by machine type that only workers serve: the labs at which one waits
  readonly mails: Map<string, number>; // how often each was accepted
  readonly breaches: Breach[];
  launchFailedAt: number | null; // virtual ms, when a dispatcher last undid a claim because nothing could be started
  mostRunners: number | null; // how many attempts each lab lets live at once; null = any number
  labUp: boolean;
  labStarts: number;
}

/** A law that was broken. */
export interface Breach {
  readonly law: string;
  readonly at: number; // virtual ms
  readonly text: string;
  readonly jobId: number | null;
  readonly nodes: readonly string[];
}

export interface NodeModel {
  readonly name: string;
  machineType: string;
  osType: string;
  present: boolean; // in the inventory
  grant: { readonly lockId: string; readonly jobId: number | null; readonly fence: number } | null;
  fence: number; // the highest one given out
  state: 'free' | 'locked' | 'dirty' | 'cleaning' | 'quarantined';
  dirt: string | null; // who used it since it was last as new; null = nobody
}

export interface JobModel {
  readonly run: string;
  readonly jobId: number;
  readonly machineType: string;
  readonly osType: string | null;
  readonly nodeCount: number;
  readonly maxSeconds: number;
  readonly expiresAt: number | null; // by the clock of the caller
  readonly submittedAt: number; // virtual ms
  priority: number;
  status: JobStatus;
  attempts: number;
  fence: number | null;
  nodes: readonly string[];
  runner: string | null;
  leaseUntil: number; // by the clock of the caller
  startedAt: number; // by the clock of the caller
  killAskedAt: number | null; // by the clock of the caller
  actor: string | null;
  reason: string | null;
  effectsOf: string | null; // the one attempt, and runner, that had effects
  goneAt: number | null; // virtual ms since which the last attempt has had no runner that lives and speaks; null = it has one
  silent: boolean; // it only stands still
}

export interface LockModel {
  nodes: readonly string[]; // those that it holds still
  live: boolean;
  readonly endless: boolean; // until released
}

/** A model of an empty lab. */
export function emptyModel(): Model {
  return {
    nodes: new Map(),
    jobs: new Map(),
    locks: new Map(),
    gone: new Set(),
    woken: new Map(),
    pauses: new Map(),
    workers: new Map(),
    mails: new Map(),
    breaches: [],
    launchFailedAt: null,
    mostRunners: null,
    labUp: false,
    labStarts: 0,
  };
}

/** Writes a breach down. */
export function breach(
  model: Model,
  found: { law: string; at: number; text: string; job?: JobModel | number; nodes?: readonly string[] },
): void {
  const job = typeof found.job === 'number' ? model.jobs.get(found.job) : found.job;
  const jobId = typeof found.job === 'number' ? found.job : (job?.jobId ?? null);
  const nodes = found.nodes ?? job?.nodes ?? [];
  model.breaches.push({ law: found.law, at: found.at, text: found.text, jobId, nodes });
}

/** Judges a grant of nodes and believes it: L1, L3 and L8 for each of them. */
export function grantNodes(
  model: Model,
  grant: {
    lockId: string;
    jobId: number | null;
    nodes: readonly { name: string; fence: number }[];
    at: number;
  },
): void {
  for (const { name, fence } of grant.nodes) {
    const node = model.nodes.get(name);
    const found = (law: string, text: string) =>
      breach(model, {
        law,
        at: grant.at,
        text,
        nodes: [name],
        ...(grant.jobId !== null && { job: grant.jobId }),
      });
    if (node === undefined || !node.present) {
      found('L1', `${grant.lockId} got node ${name}, which is not in the inventory`);
      continue;
    }
    if (node.grant !== null)
      found('L1', `${grant.lockId} got node ${name} while ${node.grant.lockId} still holds it`);
    else if (node.state !== 'free') found('L8', `${grant.lockId} got node ${name}, which is ${node.state}`);
    if (fence <= node.fence)
      found('L3', `${grant.lockId} got node ${name} with fence ${fence}, after ${node.fence}`);
    if (node.dirt !== null) found('L8', `${grant.lockId} got node ${name} as ${node.dirt} left it`);
    node.grant = { lockId: grant.lockId, jobId: grant.jobId, fence };
    node.fence = Math.max(node.fence, fence);
    node.state = 'locked';
  }
}

/** Believes that a lock is over, on all its nodes or on some. */
export function endGrant(
  model: Model,
  {
    lockId,
    state,
    nodes,
  }: { lockId: string; state: 'free' | 'dirty'; nodes?: readonly string[] | undefined },
): void {
  for (const node of model.nodes.values()) {
    if (node.grant?.lockId !== lockId || nodes?.includes(node.name) === false) continue;
    node.grant = null;
    node.state = state;
  }
}

/** The lock id of an attempt, as the port describes it: an attempt is its job and its fence. */
export function attemptId(attempt: { jobId: number; fence: number }): string {
  return `attempt ${attempt.jobId}.${attempt.fence}`;
}

/** Whether a worker has started the runner, and not the lab itself. */
export function isWorkers(runner: string): boolean {
  return runner.startsWith(workerRunnerPrefix);
}

import type {
  AttemptRef,
  ClaimResult,
  HandBack,
  JobOutcome,
  RenewResult,
  Transition,
} from '../../core/ports/job-store.ts';
import { isFinal } from '../../core/results/job-state.ts';
import type { StoreCall } from './history.ts';
import { attemptId, breach, endGrant, grantNodes, isWorkers } from './model.ts';
import type { JobModel, Model } from './model.ts';

/** Judges the answers about one attempt of a job, by what was answered before. */

const onItsWayMs = 120_000;

/** A claim gives a queued job exactly the nodes asked for, all free, as new, and under a fence above all before (L1, L2, L3, L8). */
export function judgeClaim(model: Model, call: StoreCall, answer: unknown): void {
  const result = answer as ClaimResult;
  const [{ jobId, nodes, leaseUntil, now }] = call.args as [
    { jobId: number; nodes: string[]; leaseUntil: number; now: number },
  ];
  if (result.kind === 'refused') return;
  const job = model.jobs.get(jobId);
  const found = (law: string, text: string) => breach(model, { law, at: call.at, text, job: jobId, nodes });
  if (job === undefined) return found('L4', `job ${jobId} was claimed and never accepted`);
  if (job.status !== 'queued') found('L5', `job ${jobId} was claimed while ${job.status}`);
  if (job.expiresAt !== null && job.expiresAt <= now) found('L4', `job ${jobId} was claimed after its time`);
  const given = result.nodes.map((node) => node.name);
  if (given.join() !== nodes.join() || given.length !== job.nodeCount)
    found(
      'L2',
      `job ${jobId} needs ${job.nodeCount} nodes, asked for ${nodes.join()} and got ${given.join()}`,
    );
  for (const { name, machineType } of result.nodes) {
    const pause = model.pauses.get(machineType);
    // A dispatcher that had looked before people paused the queue may still be on its way.
    if (pause !== undefined && pause.until > now && call.at - pause.since > onItsWayMs)
      found('pause', `job ${jobId} got node ${name} of ${machineType}, whose queue people have paused`);
  }
  const { fence } = result.attempt;
  if (fence <= (job.fence ?? 0)) found('L3', `job ${jobId} got fence ${fence} after ${job.fence}`);
  grantNodes(model, {
    lockId: attemptId(result.attempt),
    jobId,
    nodes: result.nodes.map(({ name, lock }) => ({ name, fence: lock?.fence ?? -1 })),
    at: call.at,
  });
  Object.assign(job, {
    status: 'waiting',
    attempts: job.attempts + 1,
    fence,
    nodes: given,
    runner: null,
    leaseUntil,
    goneAt: call.at, // nobody is there before it starts
    silent: false,
  } satisfies Partial<JobModel>);
}

/** The job when the attempt is its last one; else an `ok` is a breach of L3. */
function current(model: Model, call: StoreCall, answer: Transition): JobModel | null {
  const [attempt] = call.args as [AttemptRef];
  const job = model.jobs.get(attempt.jobId);
  if (job !== undefined && job.fence === attempt.fence) return job;
  if (answer === 'ok') {
    const text = `${call.method} by ${call.who} with the old fence ${attempt.fence} of job ${attempt.jobId} succeeded`;
    breach(model, { law: 'L3', at: call.at, text, job: attempt.jobId });
  }
  return null;
}

function wronglyRefused(model: Model, call: StoreCall, job: JobModel): void {
  const text = `${call.method} by ${call.who} was refused to the holder of job ${job.jobId}, which is ${job.status}`;
  breach(model, { law: 'L3', at: call.at, text, job });
}

/** Only the latest claim can be undone, and only before its runner starts (L3, L5). */
export function judgeUnclaim(model: Model, call: StoreCall, answer: unknown): void {
  const byDispatcher = call.args[2] !== undefined;
  if (byDispatcher) model.launchFailedAt = call.at;
  const job = current(model, call, answer as Transition);
  if (job === null) return;
  if (answer === 'stale') {
    if (job.status === 'waiting') wronglyRefused(model, call, job);
    return;
  }
  if (job.status === 'queued') return;
  if (job.status !== 'waiting') {
    const text = `the claim of job ${job.jobId} was undone while it was ${job.status}`;
    return breach(model, { law: 'L5', at: call.at, text, job });
  }
  endGrant(model, { lockId: attemptId(job as { jobId: number; fence: number }), state: 'free' });
  // One that was asked to end becomes dead by that request; who and why was noted then.
  job.status = job.killAskedAt === null ? 'queued' : 'dead';
}

/** A runner that has started gives its job back: nothing else may, and its nodes are as it says (L5, L8). */
export function judgeHandBack(model: Model, call: StoreCall, answer: unknown): void {
  const [, { nodesClean }] = call.args as [AttemptRef, HandBack];
  const job = current(model, call, answer as Transition);
  if (job === null) return;
  if (answer === 'stale') {
    if (job.status === 'running') wronglyRefused(model, call, job);
    return;
  }
  if (job.status === 'queued') return;
  if (job.status !== 'running') {
    const text = `job ${job.jobId} was handed back while it was ${job.status}`;
    return breach(model, { law: 'L5', at: call.at, text, job });
  }
  const lockId = attemptId(job as { jobId: number; fence: number });
  endGrant(model, { lockId, state: nodesClean ? 'free' : 'dirty' });
  const status = job.killAskedAt === null ? 'queued' : 'dead';
  Object.assign(job, { status, runner: null, goneAt: null } satisfies Partial<JobModel>);
}

/** Only the latest claim can be started, and by one runner (L3, L5). */
export function judgeStart(model: Model, call: StoreCall, answer: unknown): void {
  const [, { runner, now }] = call.args as [AttemptRef, { runner: string; now: number }];
  const job = current(model, call, answer as Transition);
  if (job === null) return;
  const again = job.status === 'running' && job.runner === runner;
  if (answer === 'stale') {
    if (job.status === 'waiting' || again) wronglyRefused(model, call, job);
  } else if (job.status === 'waiting') {
    const goneAt = model.gone.has(runner) ? call.at : null;
    const silent = isWorkers(runner);
    Object.assign(job, {
      status: 'running',
      runner,
      startedAt: now,
      goneAt,
      silent,
    } satisfies Partial<JobModel>);
  } else if (!again) {
    const text = `runner ${runner} started job ${job.jobId}, which is ${job.status} with runner ${job.runner}`;
    breach(model, { law: 'L5', at: call.at, text, job });
  }
}

/** Only a live attempt renews, and it is told of a kill if there is one (L3, L4). */
export function judgeRenew(model: Model, call: StoreCall, answer: unknown): void {
  const { kind } = answer as RenewResult;
  const [, { leaseUntil }] = call.args as [AttemptRef, { leaseUntil: number }];
  const job = current(model, call, kind === 'stale' ? 'stale' : 'ok');
  if (job === null) return;
  const live = job.status === 'waiting' || job.status === 'running';
  if (kind === 'stale') {
    if (live) wronglyRefused(model, call, job);
    return;
  }
  if (!live) {
    const text = `${call.who} renewed the lease of job ${job.jobId}, which is ${job.status}`;
    return breach(model, { law: 'L3', at: call.at, text, job });
  }
  if ((kind === 'killed') !== (job.killAskedAt !== null)) {
    const text = `the holder of job ${job.jobId} was told '${kind}', a kill was ${job.killAskedAt === null ? 'not ' : ''}asked for`;
    breach(model, { law: 'L4', at: call.at, text, job });
  }
  job.leaseUntil = leaseUntil;
}

/** Only the latest attempt ends, once and with one outcome; a dead one has a reason and an actor (L3, L4). */
export function judgeFinish(model: Model, call: StoreCall, answer: unknown): void {
  const [attempt, outcome] = call.args as [AttemptRef, JobOutcome];
  const job = current(model, call, answer as Transition);
  if (job === null) return;
  const limit = outcome.ifLeaseEndedBefore;
  if (answer === 'stale') {
    const live = job.status === 'waiting' || job.status === 'running';
    if (live && limit === undefined && !(outcome.ifNotStarted && job.status === 'running'))
      wronglyRefused(model, call, job);
    return;
  }
  const found = (law: string, text: string) => breach(model, { law, at: call.at, text, job });
  if (isFinal(job.status)) {
    if (job.status !== outcome.status || job.actor !== outcome.actor)
      found('L4', `job ${job.jobId} was ${job.status} by ${job.actor}, and became ${outcome.status}`);
    return;
  }
  if (job.status === 'queued') return found('L3', `job ${job.jobId} was finished while queued`);
  if (limit !== undefined && job.leaseUntil >= limit)
    found(
      'L3',
      `job ${job.jobId} was ended for its lease, which reached ${job.leaseUntil - limit} ms further`,
    );
  if (outcome.ifNotStarted && job.status === 'running')
    found('L3', `job ${job.jobId} was ended as if it had not started; ${job.runner} runs it`);
  if (outcome.status === 'dead' && (!outcome.failureReason || !outcome.actor))
    found('L4', `job ${job.jobId} is dead without a reason or an actor`);
  if (outcome.actor === 'sweeper') judgeSweepersEnd(model, call, job, outcome);
  const { status, actor, failureReason: reason } = outcome;
  Object.assign(job, { status, actor, reason } satisfies Partial<JobModel>);
  if (outcome.holdNodesUntil) holdNodes(model, job, attempt);
  else endGrant(model, { lockId: attemptId(attempt), state: outcome.nodesClean ? 'free' : 'dirty' });
}

/** The sweeper may only end what has lost its runner, its lease or its time. */
function judgeSweepersEnd(model: Model, call: StoreCall, job: JobModel, outcome: JobOutcome): void {
  const excused =
    job.goneAt !== null ||
    job.leaseUntil < outcome.now ||
    job.killAskedAt !== null ||
    (job.status === 'running' && outcome.now > job.startedAt + job.maxSeconds * 1000);
  if (excused) return;
  const text = `the sweeper ended job ${job.jobId}, whose runner ${job.runner} lives and has a lease (${outcome.failureReason})`;
  breach(model, { law: 'L3', at: call.at, text, job });
}

function holdNodes(model: Model, job: JobModel, attempt: AttemptRef): void {
  const lockId = `hold:${job.run}/${job.jobId}`;
  const held = [...model.nodes.values()].filter((node) => node.grant?.lockId === attemptId(attempt));
  for (const node of held) if (node.grant !== null) node.grant = { ...node.grant, lockId, jobId: null };
  const nodes = held.map((node) => node.name);
  if (held.length > 0) model.locks.set(lockId, { nodes, live: true, endless: false });
}

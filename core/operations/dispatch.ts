import type { ClaimResult, JobRecord } from '../ports/job-store.ts';
import { machineTypes } from '../locks/match.ts';
import type { JobDurations } from '../ports/job-durations.ts';
import { LauncherBusyError } from '../ports/launcher.ts';
import { expectedDurations } from '../scheduling/expected-durations.ts';
import type { ExpectedDuration } from '../scheduling/expected-durations.ts';
import type { RunningJob } from '../scheduling/outlook.ts';
import type { PlannedClaim, QueuedJob } from '../scheduling/queued-job.ts';
import { usualRules } from '../scheduling/queue-rules.ts';
import type { QueueRules } from '../scheduling/queue-rules.ts';
import { noTimes } from '../scheduling/wait.ts';
import type { WaitingJob } from '../scheduling/wait.ts';
import { claimedJobs } from './claimed-jobs.ts';
import { leaseMs, mostAttempts } from './lab-ports.ts';
import type { LabPorts } from './lab-ports.ts';
import { createLaunchOutage } from './launch-outage.ts';
import type { LaunchOutage } from './launch-outage.ts';
import { planAround } from './paused-queues.ts';
import type { LabPlan } from './paused-queues.ts';
import { queueWindow } from './queue-window.ts';
import { waitsByWish } from './wait-reasons.ts';
import type { WaitReasons } from './wait-reasons.ts';

export interface DispatchPorts extends Pick<
  LabPorts,
  'clock' | 'jobs' | 'launcher' | 'log' | 'nodes' | 'pauses'
> {
  /** How long jobs took before; without it, all are expected to take as long as they may. */
  readonly durations?: JobDurations;
}

export interface DispatchOptions {
  readonly maxRunners: number | null; // at once; null = any number
  readonly windowSize?: number; // jobs of a machine type that are planned at once
  readonly rules?: QueueRules; // default: those of a lab without settings
  /** What this dispatcher remembers from pass to pass of a launcher that fails; default: nothing. */
  readonly outage?: LaunchOutage;
}

export interface DispatchResult extends WaitReasons {
  readonly started: number;
}

/** How many jobs of an owner are looked at where others must not wait behind all of his: of each machine type. */
const mostOfOwner = 100;

/**
 * Starts every job that can start now, and says why the others wait. Any number of dispatchers may do so at once: a claim that
 * another one has made before is refused and costs nothing. A runner that cannot be started ends the pass, since the next one
 * would likely fail in the same way; the passes after it wait longer and longer until they try again.
 */
export async function dispatch(ports: DispatchPorts, options: DispatchOptions): Promise<DispatchResult> {
  const outage = options.outage ?? createLaunchOutage();
  let started = 0;
  for (;;) {
    const pass = await dispatchOnce(ports, { ...options, outage });
    started += pass.started;
    // Jobs beyond the window may be able to start in the room that those who started have left in it.
    if (pass.complete || pass.started === 0 || pass.failed) {
      return { started, waiting: pass.waiting, hopeless: pass.hopeless };
    }
  }
}

/**
 * Why the queued jobs of the lab wait, by a plan that nothing is done with; those who could start are left out. It reads as much as a pass
 * that starts nothing.
 */
export async function whyJobsWait(ports: DispatchPorts, options: DispatchOptions): Promise<WaitReasons> {
  return await planned(ports, { ...options, outage: createLaunchOutage() });
}

interface Pass extends DispatchResult {
  readonly complete: boolean; // all queued jobs were seen
  readonly failed: boolean; // a runner could not be started
}

type PassOptions = DispatchOptions & { readonly outage: LaunchOutage };

async function dispatchOnce(ports: DispatchPorts, options: PassOptions): Promise<Pass> {
  const { outage } = options;
  const { claims, standBack, waiting, hopeless, complete } = await planned(ports, options);
  const others = (left: readonly PlannedClaim[]): WaitingJob[] => {
    const reason = outage.pauseAt(ports.clock.now()) ?? 'no runner could be started; others are tried first';
    return [...left, ...standBack].map(({ run, jobId }) => {
      return { run, jobId, kind: 'launcher', reason, ...noTimes };
    });
  };
  let started = 0;
  for (const [index, claim] of claims.entries()) {
    const paused = outage.pauseAt(ports.clock.now()) !== null;
    const outcome = paused ? 'failed' : await startJob(ports, { claim, outage });
    if (outcome === 'failed') {
      const told = [...others(claims.slice(index)), ...waiting];
      return { started, waiting: told, hopeless, complete, failed: true };
    }
    if (outcome === 'started') started += 1;
  }
  return { started, waiting: [...others([]), ...waiting], hopeless, complete, failed: false };
}

interface PassPlan extends LabPlan, WaitReasons {
  readonly standBack: readonly PlannedClaim[]; // could start, and let the others try first
  readonly complete: boolean; // all queued jobs were seen
}

/**
 * Who may start by the state of the lab now. While the launcher fails, those who have failed already stand back for the others,
 * so that a job that alone cannot be launched keeps no node from them (L9).
 */
async function planned(ports: DispatchPorts, options: PassOptions): Promise<PassPlan> {
  const nodes = await ports.nodes.list();
  const claimed = await claimedJobs(ports.jobs);
  const rules = options.rules ?? usualRules;
  const perOwner = rules.fairShare || rules.quota !== null ? mostOfOwner : null;
  const window = { nodes, size: options.windowSize ?? 500, perOwner };
  const { jobs: seen, complete, hopeless } = await queueWindow(ports.jobs, window);
  const expected = await expectedDurations(ports.durations ?? null, [...claimed, ...seen]);
  const now = ports.clock.now();
  const running = claimed.map((job) => runningJob(job, { now, expected: expected(job) }));
  const slots = options.maxRunners === null ? null : Math.max(0, options.maxRunners - claimed.length);
  const live = seen.filter((job) => job.expiresAt === null || job.expiresAt > now);
  const unready = await waitForLauncher(ports, live);
  const held = new Set(unready.map((job) => job.jobId));
  const jobs = live.filter((job) => !held.has(job.jobId));
  const pauses = await ports.pauses.list(now);
  const planOf = (some: readonly JobRecord[]) => {
    const queued = some.map((job) => queuedJob(job, expected(job)));
    return planAround(pauses, { now, jobs: queued, nodes, running, slots, rules });
  };
  const planned = withoutFailed(planOf, { jobs, outage: options.outage });
  const waiting = [...planned.waiting, ...unready];
  return { ...planned, waiting, hopeless: waitsByWish(hopeless, { jobs: live, waiting }), complete };
}

function queuedJob(job: JobRecord, expected: ExpectedDuration | null): QueuedJob {
  const { run, jobId, owner, machineType, nodeCount, osType, osVersion, arch, roleWishes } = job;
  const { priority, maxSeconds, submittedAt } = job;
  const wish = { machineType, nodeCount, osType, osVersion, arch, roleWishes };
  return { run, jobId, owner, ...wish, priority, maxSeconds, submittedAt, expected };
}

function runningJob(
  { jobId, startedAt, maxSeconds }: JobRecord,
  { now, expected }: { now: number; expected: ExpectedDuration | null },
): RunningJob {
  const start = startedAt ?? now;
  const endsBy = start + maxSeconds * 1000;
  if (expected === null) return { jobId, endsBy };
  const { shortest, longest } = expected;
  return { jobId, endsBy, earliestEnd: start + shortest * 1000, likelyEnd: start + longest * 1000 };
}

/** The jobs that nobody could run now: they hold nothing and delay nobody. Each machine type is asked about once. */
async function waitForLauncher(ports: DispatchPorts, jobs: readonly JobRecord[]): Promise<WaitingJob[]> {
  const { launcher } = ports;
  if (launcher.unready === undefined) return [];
  const reasons = new Map<string, string | null>();
  const waiting: WaitingJob[] = [];
  for (const { run, jobId, machineType, nodeCount, roleWishes } of jobs) {
    if (nodeCount === 0) continue;
    // Each list of which one type must do.
    const lists = new Set(roleWishes?.map((wish) => wish.machineType) ?? [machineType]);
    const why = [];
    for (const list of lists) {
      const types = machineTypes(list);
      for (const type of types) if (!reasons.has(type)) reasons.set(type, await launcher.unready(type));
      const each = types.map((type) => reasons.get(type) ?? null);
      if (!each.includes(null)) why.push(...each);
    }
    if (why.length === 0) continue;
    waiting.push({ run, jobId, kind: 'launcher', reason: why.join('; '), ...noTimes });
  }
  return waiting;
}

function withoutFailed(
  planOf: (jobs: readonly JobRecord[]) => LabPlan,
  { jobs, outage }: { jobs: readonly JobRecord[]; outage: LaunchOutage },
): Omit<PassPlan, 'complete' | 'hopeless'> {
  const whole = planOf(jobs);
  if (outage.failedJobs.size === 0) return { ...whole, standBack: [] };
  const { claims } = planOf(jobs.filter((job) => !outage.failedJobs.has(job.jobId)));
  if (claims.length === 0) {
    outage.nextRound();
    return { ...whole, standBack: [] };
  }
  const tried = new Set(claims.map((claim) => claim.jobId));
  return {
    claims,
    standBack: whole.claims.filter((claim) => !tried.has(claim.jobId)),
    waiting: whole.waiting.filter((job) => !tried.has(job.jobId)),
  };
}

async function startJob(
  ports: DispatchPorts,
  { claim: order, outage }: { claim: PlannedClaim; outage: LaunchOutage },
): Promise<'started' | 'refused' | 'failed'> {
  const now = ports.clock.now();
  const claim = await ports.jobs.claim({ ...order, leaseUntil: now + leaseMs, now });
  if (claim.kind === 'refused') {
    ports.log.debug(`job ${order.run}/${order.jobId} was not claimed: ${claim.reason}`);
    return 'refused';
  }
  try {
    const runner = await ports.launcher.launch(claim);
    outage.worked(order.jobId);
    ports.log.info(
      `job ${order.run}/${order.jobId} starts on ${order.nodes.join(', ') || 'no nodes'} (${runner})`,
    );
    return 'started';
  } catch (error) {
    if (error instanceof LauncherBusyError) {
      await ports.jobs.unclaim(claim.attempt, ports.clock.now(), { blameless: true });
      return 'refused';
    }
    const reason = `no runner could be started: ${chainText(error)}`;
    const blamed = outage.failed({ jobId: order.jobId, reason, now: ports.clock.now() });
    await undoClaim(ports, { claim, reason, blamed });
    return 'failed';
  }
}

/** A launcher that is out of order must not use up the attempts of whoever happens to be the first in the queue. */
async function undoClaim(
  ports: DispatchPorts,
  failure: { claim: Extract<ClaimResult, { kind: 'claimed' }>; reason: string; blamed: boolean },
): Promise<void> {
  const { attempt, attemptNumber } = failure.claim;
  ports.log.error(`job ${attempt.run}/${attempt.jobId}, attempt ${attemptNumber}: ${failure.reason}`);
  const now = ports.clock.now();
  if (!failure.blamed || attemptNumber < mostAttempts) {
    await ports.jobs.unclaim(attempt, now, { blameless: !failure.blamed });
    return;
  }
  await ports.jobs.finish(attempt, {
    status: 'dead',
    failureReason: `${failure.reason} (${attemptNumber} attempts)`,
    actor: 'dispatcher',
    durationSeconds: null,
    nodesClean: true,
    // A launcher that reports a failure may have started the runner all the same; what has begun goes on.
    ifNotStarted: true,
    now,
  });
}

function chainText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${chainText(error.cause)}`;
}

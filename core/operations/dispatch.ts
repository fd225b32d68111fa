import type { ClaimResult, JobRecord } from '../ports/job-store.ts';
import { plan } from '../scheduling/plan.ts';
import type { PlannedClaim, WaitingJob } from '../scheduling/plan.ts';
import { claimedJobs } from './claimed-jobs.ts';
import { leaseMs, mostAttempts } from './lab-ports.ts';
import type { LabPorts } from './lab-ports.ts';
import { queueWindow } from './queue-window.ts';

export type DispatchPorts = Pick<LabPorts, 'clock' | 'jobs' | 'launcher' | 'log' | 'nodes'>;

export interface DispatchOptions {
  readonly maxRunners: number | null; // at once; null = any number
  readonly windowSize?: number; // jobs of a machine type that are planned at once
}

export interface DispatchResult {
  readonly started: number;
  readonly waiting: readonly WaitingJob[]; // those that were planned, in queue order
}

/**
 * Starts every job that can start now, and says why the others wait. Any number of dispatchers may do so at once: a claim that
 * another one has made before is refused and costs nothing. A runner that cannot be started ends the pass, since the next one
 * would likely fail in the same way.
 */
export async function dispatch(ports: DispatchPorts, options: DispatchOptions): Promise<DispatchResult> {
  let started = 0;
  for (;;) {
    const pass = await dispatchOnce(ports, options);
    started += pass.started;
    // Jobs beyond the window may be able to start in the room that those who started have left in it.
    if (pass.complete || pass.started === 0 || pass.failed) return { started, waiting: pass.waiting };
  }
}

interface Pass extends DispatchResult {
  readonly complete: boolean; // all queued jobs were seen
  readonly failed: boolean; // a runner could not be started
}

async function dispatchOnce(ports: DispatchPorts, options: DispatchOptions): Promise<Pass> {
  const nodes = await ports.nodes.list();
  const claimed = await claimedJobs(ports.jobs);
  const window = await queueWindow(ports.jobs, { nodes, size: options.windowSize ?? 500 });
  const now = ports.clock.now();
  const { claims, waiting } = plan({
    now,
    jobs: window.jobs,
    nodes,
    running: claimed.map((job) => ({
      jobId: job.jobId,
      endsBy: (job.startedAt ?? now) + job.maxSeconds * 1000,
    })),
    slots: options.maxRunners === null ? null : Math.max(0, options.maxRunners - claimed.length),
  });
  let started = 0;
  for (const claim of claims) {
    const outcome = await startJob(ports, claim);
    if (outcome === 'failed') return { started, waiting, complete: window.complete, failed: true };
    if (outcome === 'started') started += 1;
  }
  return { started, waiting, complete: window.complete, failed: false };
}

async function startJob(
  ports: DispatchPorts,
  planned: PlannedClaim,
): Promise<'started' | 'refused' | 'failed'> {
  const now = ports.clock.now();
  const claim = await ports.jobs.claim({ ...planned, leaseUntil: now + leaseMs, now });
  if (claim.kind === 'refused') {
    ports.log.debug(`job ${planned.run}/${planned.jobId} was not claimed: ${claim.reason}`);
    return 'refused';
  }
  try {
    const runner = await ports.launcher.launch(claim);
    ports.log.info(
      `job ${planned.run}/${planned.jobId} starts on ${planned.nodes.join(', ') || 'no nodes'} (${runner})`,
    );
    return 'started';
  } catch (error) {
    await undoClaim(ports, claim, error);
    return 'failed';
  }
}

async function undoClaim(
  ports: DispatchPorts,
  claim: Extract<ClaimResult, { kind: 'claimed' }>,
  cause: unknown,
): Promise<void> {
  const { attempt, attemptNumber } = claim;
  const reason = `no runner could be started: ${chainText(cause)}`;
  ports.log.error(`job ${attempt.run}/${attempt.jobId}, attempt ${attemptNumber}: ${reason}`);
  const now = ports.clock.now();
  if (attemptNumber < mostAttempts) {
    await ports.jobs.unclaim(attempt, now);
    return;
  }
  await ports.jobs.finish(attempt, {
    status: 'dead',
    failureReason: `${reason} (${attemptNumber} attempts)`,
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

/** Why a queued job waits, from what the last pass said. */
export function whyItWaits(result: DispatchResult, job: Pick<JobRecord, 'jobId'>): string | null {
  return result.waiting.find((waiting) => waiting.jobId === job.jobId)?.reason ?? null;
}

import { heldOnFailureMs } from '../config/held-on-failure.ts';
import { defaultSite } from '../config/site-settings.ts';
import { isYamlMap } from '../config/yaml-value.ts';
import type { YamlMap } from '../config/yaml-value.ts';
import type { JobOutcome, JobRecord } from '../ports/job-store.ts';
import type { YamlCodec } from '../ports/yaml-codec.ts';
import { claimedJobs } from './claimed-jobs.ts';
import { forceAfterMs, leaseMs, mostAttempts, unwindMs } from './lab-ports.ts';
import type { LabPorts } from './lab-ports.ts';

export type SweepPorts = Pick<LabPorts, 'clock' | 'holds' | 'jobs' | 'launcher' | 'log' | 'nodes'> & {
  readonly yaml: Pick<YamlCodec, 'parse'>;
};

export interface Sweeper {
  /** One pass: makes true what the records say should be. Safe beside other sweepers and at any time. */
  sweep(): Promise<SweepReport>;
}

export interface SweepReport {
  readonly ended: readonly number[]; // ids of jobs that became dead
  readonly requeued: readonly number[]; // ids of jobs whose runner never started
  readonly released: readonly string[]; // lock ids of people whose lease was over
}

export interface SweeperOptions {
  readonly holdMs?: number; // for jobs that keep their nodes after a failure, and do not say how long
  readonly unwindMs?: number; // how long a runner that was asked to stop may take
  readonly graceMs?: number; // how long leases are believed in after the sweeper itself was away
  readonly awayMs?: number; // a longer pause between passes means that the sweeper was away
}

/**
 * Ends what lost its runner: jobs whose process is gone, whose lease ran out, who overran their deadline, and who were asked to
 * stop and did not. Every such job becomes `dead` with a reason, and its nodes dirty, or held where somebody, or the job by its `unlock_on_failure: false`,
 * asked for it. Ends, too, jobs that expired in the queue, and people's locks whose time is over.
 * After a pause in its own passes (a restart of the lab, a laptop that slept, a clock that jumped) it leaves leases alone
 * for a while, since the runners need a moment to renew theirs.
 */
export function createSweeper(ports: SweepPorts, options: SweeperOptions = {}): Sweeper {
  const awayMs = options.awayMs ?? 30_000;
  const graceMs = options.graceMs ?? 20_000;
  let lastPass: number | null = null;
  let believeUntil = 0;
  let watchedMs = new Map<string, number>(); // how long each claim without a runner has been seen, in passes of our own
  return {
    async sweep() {
      const now = ports.clock.now();
      const away = lastPass === null || now < lastPass || now - lastPass > awayMs;
      if (away) believeUntil = now + graceMs;
      // A clock that was set back must not leave a grace that lasts for hours.
      believeUntil = Math.min(believeUntil, now + graceMs);
      const passedMs = away || lastPass === null ? 0 : now - lastPass;
      lastPass = now;
      const leasesCount = now >= believeUntil;
      const limits = {
        now,
        leasesCount,
        unwindMs: options.unwindMs ?? unwindMs,
        holdMs: options.holdMs ?? defaultSite.holdHours * 3_600_000,
      };
      const report = { ended: [] as number[], requeued: [] as number[], released: [] as string[] };
      const claimed = await claimedJobs(ports.jobs);
      watchedMs = watch(claimed, watchedMs, passedMs);
      for (const job of claimed) {
        const neverStarted = (watchedMs.get(claimKey(job)) ?? 0) > leaseMs;
        // One job that cannot be looked after must not keep the others from it.
        await sweepJob(ports, { job, limits: { ...limits, neverStarted }, report }).catch(
          (error: unknown) => {
            ports.log.error(`job ${job.run}/${job.jobId} could not be swept: ${String(error)}`);
          },
        );
      }
      report.ended.push(...(await expireQueued(ports, now)));
      if (leasesCount) report.released.push(...(await releaseOverdue(ports, now)));
      return report;
    },
  };
}

/** The claims whose runner has not started, with the time that was added to those that are known already. */
function watch(
  claimed: readonly JobRecord[],
  known: ReadonlyMap<string, number>,
  passedMs: number,
): Map<string, number> {
  const waiting = claimed.filter((job) => job.status === 'waiting').map(claimKey);
  return new Map(waiting.map((key) => [key, known.has(key) ? (known.get(key) ?? 0) + passedMs : 0]));
}

function claimKey(job: JobRecord): string {
  return `${job.jobId}.${job.fence}`;
}

interface Limits {
  readonly now: number;
  /** Its claim has been watched for as long as a lease lasts: a clock that was set back must not prolong it. */
  readonly neverStarted: boolean;
  readonly leasesCount: boolean;
  readonly unwindMs: number;
  readonly holdMs: number;
}

interface Finding {
  readonly reason: string;
  readonly actor: string;
  readonly force: boolean; // the runner may still be there
  readonly ifLeaseEnded: boolean;
}

async function sweepJob(
  ports: SweepPorts,
  {
    job,
    limits,
    report,
  }: { job: JobRecord; limits: Limits; report: { ended: number[]; requeued: number[] } },
): Promise<void> {
  const finding = await findingOf(ports, job, limits);
  if (finding === null || job.fence === null) return;
  const attempt = { run: job.run, jobId: job.jobId, fence: job.fence };
  if (job.status === 'waiting' && job.attempt < mostAttempts) {
    if ((await ports.jobs.unclaim(attempt, limits.now)) === 'ok') report.requeued.push(job.jobId);
    return;
  }
  if (finding.force && job.runner !== null) {
    await ports.launcher.stop(job.runner, { force: true });
    if (!finding.ifLeaseEnded && (await mayLive(ports, job.runner))) return await ask(ports, job, finding);
  }
  const holdMs = job.status === 'waiting' ? null : await holdMsOf(ports, job, limits);
  const outcome: JobOutcome = {
    status: 'dead',
    failureReason: finding.reason,
    actor: finding.actor,
    durationSeconds: job.startedAt === null ? null : (limits.now - job.startedAt) / 1000,
    nodesClean: job.status === 'waiting',
    ...(holdMs !== null && { holdNodesUntil: limits.now + holdMs }),
    ifNotStarted: job.status === 'waiting',
    now: limits.now,
    ...(finding.ifLeaseEnded && { ifLeaseEndedBefore: limits.now }),
  };
  if ((await ports.jobs.finish(attempt, outcome)) !== 'ok') return;
  report.ended.push(job.jobId);
  ports.log.warn(`job ${job.run}/${job.jobId} is dead: ${finding.reason}`);
}

/** A runner that cannot be killed from here keeps its nodes as long as its lease: it is told when it renews, and in time refused. */
async function ask(ports: SweepPorts, { run, jobId, killRequested }: JobRecord, why: Finding): Promise<void> {
  if (killRequested !== null) return;
  await ports.jobs.kill({ run, jobId, actor: why.actor, reason: why.reason, now: ports.clock.now() });
}

/** How long the nodes stay with the owner, as its runner would have decided it: the longer of what was asked for and what the job says. */
async function holdMsOf(ports: SweepPorts, job: JobRecord, limits: Limits): Promise<number | null> {
  const wish = await ports.holds.of(job.run, job.jobId);
  const byItself = job.killRequested === null;
  const own = byItself ? heldOnFailureMs(configOf(ports, job), limits.holdMs) : null;
  return wish === null ? own : Math.max(wish.seconds * 1000, own ?? 0);
}

/** A config that cannot be read keeps no nodes, and no job from its end. */
function configOf(ports: SweepPorts, job: JobRecord): YamlMap | null {
  try {
    const config = ports.yaml.parse(job.config);
    return isYamlMap(config) ? config : null;
  } catch (error) {
    ports.log.warn(`nobody can say whether job ${job.run}/${job.jobId} keeps its nodes: ${String(error)}`);
    return null;
  }
}

/** What is wrong with a claimed job, or null. */
async function findingOf(ports: SweepPorts, job: JobRecord, limits: Limits): Promise<Finding | null> {
  const leaseEnded = limits.leasesCount && job.leaseUntil !== null && job.leaseUntil < limits.now;
  const sweeper = { actor: 'sweeper', force: true, ifLeaseEnded: false };
  if (job.status === 'waiting') {
    const reason = `its runner never started, in ${job.attempt} attempts: see supervisor.${job.jobId}.log`;
    return leaseEnded || limits.neverStarted ? { ...sweeper, reason } : null;
  }
  const request = requestOf(job, limits);
  if (job.runner !== null && !(await mayLive(ports, job.runner))) {
    if (request !== null) return { ...sweeper, reason: request.reason, actor: request.actor, force: false };
    return { ...sweeper, reason: `its runner (${job.runner}) vanished`, force: false };
  }
  if (request?.overdue)
    return { ...sweeper, reason: request.reason, actor: request.actor, ifLeaseEnded: leaseEnded };
  if (
    request === null &&
    job.startedAt !== null &&
    limits.now > job.startedAt + job.maxSeconds * 1000 + limits.unwindMs + 60_000
  ) {
    return { ...sweeper, reason: 'hit max job timeout' };
  }
  const silent = `its runner (${job.runner}) did not renew the lease, which ended at ${isoTime(job.leaseUntil ?? 0)}`;
  return leaseEnded ? { ...sweeper, reason: silent, ifLeaseEnded: true } : null;
}

/** Who asked that a job ends, and why; `overdue` when it had the time to. */
function requestOf(
  { killRequested }: JobRecord,
  limits: Limits,
): { reason: string; actor: string; overdue: boolean } | null {
  if (killRequested === null) return null;
  const { reason, actor, at } = killRequested;
  const overdue = limits.now - at > limits.unwindMs + forceAfterMs;
  return { reason: overdue ? `${reason} (by force: it did not end by itself)` : reason, actor, overdue };
}

/** A runner that nobody can say anything about is left to its lease and its deadline. */
async function mayLive(ports: SweepPorts, runner: string): Promise<boolean> {
  try {
    return await ports.launcher.isAlive(runner);
  } catch (error) {
    ports.log.warn(`nobody can say whether runner ${runner} lives: ${String(error)}`);
    return true;
  }
}

/** A store that fails here is asked again at the next pass; nobody else has to wait for it. */
async function expireQueued(ports: SweepPorts, now: number): Promise<number[]> {
  try {
    const ids = await ports.jobs.expireQueued({ now, actor: 'sweeper' });
    for (const jobId of ids) ports.log.warn(`job ${jobId} is dead: it expired while it was queued`);
    return ids;
  } catch (error) {
    ports.log.error(`jobs that expired in the queue could not be ended: ${String(error)}`);
    return [];
  }
}

async function releaseOverdue(ports: SweepPorts, now: number): Promise<string[]> {
  const locked = await ports.nodes.list({ state: 'locked' });
  const overdue = new Set<string>();
  for (const { lock } of locked) {
    if (lock !== null && lock.job === null && lock.leaseUntil !== null && lock.leaseUntil < now)
      overdue.add(lock.id);
  }
  const released: string[] = [];
  for (const lockId of overdue) {
    const done = await ports.nodes.release(lockId, { clean: false, now, ifLeaseEndedBefore: now });
    if (done === 'ok') released.push(lockId);
  }
  return released;
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

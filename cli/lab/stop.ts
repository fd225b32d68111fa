import { setTimeout as sleep } from 'node:timers/promises';
import { claimedJobs } from '../../core/operations/claimed-jobs.ts';
import { kill } from '../../core/operations/kill.ts';
import { unwindMs } from '../../core/operations/lab-ports.ts';
import type { LabPorts } from '../../core/operations/lab-ports.ts';
import type { AttemptRef, JobRecord } from '../../core/ports/job-store.ts';
import { workerRunnerPrefix } from '../../core/ports/workers.ts';

type Ports = Pick<LabPorts, 'audit' | 'clock' | 'jobs' | 'launcher' | 'log'>;

export interface EndJobsOptions {
  readonly actor: string;
  readonly endQueued?: boolean; // else they stay queued for the next start
  readonly hurry?: Promise<void>; // when it resolves, runners are killed
  readonly sweep: () => void;
}

const reason = 'the lab was stopped';
const pollMs = 200;
const forceMs = 20_000;

/**
 * Leaves no claimed job, with the dispatcher stopped: those whose runner has not started go back to the queue. Runners are told to end:
 * before the first of the job's own tasks they hand it back, after it they unwind, and when they take too long or there is a hurry they are
 * killed. Resolves when no job holds a node.
 */
export async function endJobs(ports: Ports, options: EndJobsOptions): Promise<void> {
  const asked = new Set<number>();
  let hurried = false;
  void options.hurry?.then(() => {
    hurried = true;
  });
  const begun = Date.now();
  const mayTakeMs = unwindMs + 40_000; // the sweeper's own patience comes first
  for (;;) {
    const claimed = await claimedJobs(ports.jobs);
    for (const job of claimed) await endJob(ports, job, { asked, actor: options.actor });
    if (options.endQueued) await endQueued(ports, options.actor);
    if (claimed.length === 0) return;
    const force = hurried || Date.now() - begun > mayTakeMs;
    for (const { run, jobId, runner } of force ? claimed : []) {
      if (runner === null) continue;
      await kill(ports, { run, jobId, actor: options.actor, operator: true, reason });
      await ports.launcher.stop(runner, { force: true });
    }
    if (Date.now() - begun > mayTakeMs + forceMs) {
      ports.log.error(`${claimed.length} jobs would not end; the next start will find them`);
      return;
    }
    options.sweep();
    await sleep(pollMs);
  }
}

async function endJob(
  ports: Ports,
  job: JobRecord,
  params: { asked: Set<number>; actor: string },
): Promise<void> {
  if (job.status === 'waiting' && job.fence !== null) {
    // From here its runner, which has done nothing yet, is refused when it wants to start.
    const attempt: AttemptRef = { run: job.run, jobId: job.jobId, fence: job.fence };
    if ((await ports.jobs.unclaim(attempt, ports.clock.now())) === 'ok') return;
  }
  if (params.asked.has(job.jobId)) return;
  params.asked.add(job.jobId);
  const { runner } = job;
  // A worker hears of requests in the store alone. To other runners one there would say that the job itself is to end.
  if (runner !== null && !runner.startsWith(workerRunnerPrefix))
    return await ports.launcher.stop(runner, { force: false });
  await kill(ports, { run: job.run, jobId: job.jobId, actor: params.actor, operator: true, reason });
}

async function endQueued(ports: Ports, actor: string): Promise<void> {
  const queued = await ports.jobs.listJobs({ statuses: ['queued'], limit: 1000 });
  for (const run of new Set(queued.map((job) => job.run))) {
    const jobs = queued.filter((job) => job.run === run);
    for (const { jobId } of jobs)
      await ports.jobs.kill({ run, jobId, actor, reason, now: ports.clock.now() });
  }
}

import { wishKey } from '../locks/wish-key.ts';
import type { JobRecord } from '../ports/job-store.ts';
import type { WaitingJob } from '../scheduling/wait.ts';

/** Why jobs wait by one plan: those that were planned in queue order, and for each wish that the lab cannot serve one of them. */
export interface WaitReasons {
  readonly waiting: readonly WaitingJob[];
  readonly hopeless: ReadonlyMap<string, WaitingJob>; // by `wishKey`
}

/** Finds why a job waits, also one that was left out because those before it ask for the same in vain; null when the plan does not say. */
export function whyByPlan({ waiting, hopeless }: WaitReasons): (job: JobRecord) => WaitingJob | null {
  const planned = new Map(waiting.map((job) => [job.jobId, job]));
  return (job) => {
    const alike = planned.get(job.jobId) ?? hopeless.get(wishKey(job));
    return alike === undefined ? null : { ...alike, run: job.run, jobId: job.jobId };
  };
}

/** One of the waiting jobs for each of the wishes, where there is one. */
export function waitsByWish(
  wishes: ReadonlySet<string>,
  { jobs, waiting }: { jobs: readonly JobRecord[]; waiting: readonly WaitingJob[] },
): Map<string, WaitingJob> {
  const found = new Map<string, WaitingJob>();
  if (wishes.size === 0) return found;
  const waits = new Map(waiting.map((job) => [job.jobId, job]));
  for (const job of jobs) {
    const wait = waits.get(job.jobId);
    const key = wait === undefined ? '' : wishKey(job);
    if (wait !== undefined && wishes.has(key) && !found.has(key)) found.set(key, wait);
  }
  return found;
}

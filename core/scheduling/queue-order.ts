import type { QueuePlace } from '../ports/job-store.ts';

/** Who is served first: lower priorities, then older jobs. */
export function inQueueOrder(a: QueuePlace, b: QueuePlace): number {
  return a.priority - b.priority || a.jobId - b.jobId;
}

/** Jobs in the order in which they are served; those that are in order already are not sorted again, and not copied. */
export function queueOrder<Job extends QueuePlace>(jobs: readonly Job[]): readonly Job[] {
  if (isSorted(jobs)) return jobs;
  const byPriority = new Map<number, Job[]>();
  for (const job of jobs) {
    const equal = byPriority.get(job.priority);
    if (equal === undefined) byPriority.set(job.priority, [job]);
    else equal.push(job);
  }
  const priorities = [...byPriority.keys()].sort((a, b) => a - b);
  return priorities.flatMap((priority) => {
    const equal = byPriority.get(priority) ?? [];
    return isSorted(equal) ? equal : equal.sort((a, b) => a.jobId - b.jobId);
  });
}

function isSorted(jobs: readonly QueuePlace[]): boolean {
  let last: QueuePlace | null = null;
  for (const job of jobs) {
    if (last !== null && inQueueOrder(last, job) > 0) return false;
    last = job;
  }
  return true;
}

import type { QueuePlace } from '../ports/job-store.ts';

/** Who is served first: lower priorities, then older jobs. */
export function inQueueOrder(a: QueuePlace, b: QueuePlace): number {
  return a.priority - b.priority || a.jobId - b.jobId;
}

/**
 * Jobs in the order in which they are served; those that are in order already are not sorted again, and not copied. Costs two walks
 * over the jobs in the order given, which is the one in which memory has them, and a sort of the priorities.
 */
export function queueOrder<Job extends QueuePlace>(jobs: readonly Job[]): readonly Job[] {
  if (isSorted(jobs)) return jobs;
  const spans = new Map<number, Span>();
  for (const { priority, jobId } of jobs) {
    const span = spans.get(priority);
    if (span === undefined) {
      spans.set(priority, { count: 1, end: 0, lastId: jobId, sorted: true });
      continue;
    }
    span.count += 1;
    if (jobId < span.lastId) span.sorted = false;
    span.lastId = jobId;
  }
  let end = 0;
  for (const [, span] of [...spans].sort(([a], [b]) => a - b)) {
    span.end = end;
    end += span.count;
  }
  const ordered: Job[] = [...jobs];
  for (const job of jobs) {
    const span = spans.get(job.priority);
    if (span !== undefined) ordered[span.end++] = job;
  }
  for (const { sorted, count, end: after } of spans.values()) {
    if (sorted) continue;
    const span = ordered.slice(after - count, after).sort((a, b) => a.jobId - b.jobId);
    for (const [index, job] of span.entries()) ordered[after - count + index] = job;
  }
  return ordered;
}

/** The jobs of one priority among the ordered ones. */
interface Span {
  count: number;
  end: number; // so far
  lastId: number;
  sorted: boolean; // as they were given
}

function isSorted(jobs: readonly QueuePlace[]): boolean {
  let last: QueuePlace | null = null;
  for (const job of jobs) {
    if (last !== null && inQueueOrder(last, job) > 0) return false;
    last = job;
  }
  return true;
}

import type { JobRecord, JobStore, QueuePlace } from '../ports/job-store.ts';

type Jobs = Pick<JobStore, 'queueHead' | 'queuedTypes'>;

/**
 * One page of the queue of a machine type, or of all of them as one, in the order in which jobs are served; `after` is the place of the last
 * job of the page before. Nothing is taken from the queue. Costs one ranged query a machine type.
 */
export async function queuePage(
  jobs: Jobs,
  page: { machineType: string | null; limit: number; after?: QueuePlace },
): Promise<JobRecord[]> {
  const { machineType, limit, after } = page;
  if (machineType !== null) return await jobs.queueHead(machineType, limit, after);
  const heads = await Promise.all(
    (await jobs.queuedTypes()).map((type) => jobs.queueHead(type, limit, after)),
  );
  const found = new Map(heads.flat().map((job) => [job.jobId, job]));
  return [...found.values()].sort((a, b) => a.priority - b.priority || a.jobId - b.jobId).slice(0, limit);
}

/** Every queued job of a machine type, or of all, in the order in which they are served, a thousand at a time. */
export async function* queuedJobs(jobs: Jobs, machineType: string | null): AsyncGenerator<JobRecord> {
  const limit = 1000;
  let after: QueuePlace | undefined;
  for (;;) {
    const page = await queuePage(jobs, { machineType, limit, ...(after && { after }) });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    after = { priority: last.priority, jobId: last.jobId };
  }
}

import type { JobRecord, JobStore } from '../ports/job-store.ts';

/** Every job that holds a claim now, in id order. One query for each thousand. */
export async function claimedJobs(jobs: Pick<JobStore, 'listJobs'>): Promise<JobRecord[]> {
  const found = new Map<number, JobRecord>();
  const limit = 1000;
  for (let offset = 0; ; offset += limit) {
    const page = await jobs.listJobs({ statuses: ['waiting', 'running'], limit, offset });
    for (const job of page) found.set(job.jobId, job);
    if (page.length < limit) return [...found.values()];
  }
}

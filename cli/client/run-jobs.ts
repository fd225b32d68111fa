import { apiPath } from './lab-client.ts';
import type { JobView, LabClient } from './lab-client.ts';

const pageSize = 1000;

/** Every job of a run in id order, page by page. */
export async function allJobs(
  lab: LabClient,
  run: string,
  statuses: readonly string[] = [],
): Promise<JobView[]> {
  const jobs: JobView[] = [];
  const filter = statuses.length === 0 ? '' : `&status=${statuses.join(',')}`;
  for (;;) {
    const path = `${apiPath('runs', run, 'jobs')}?limit=${pageSize}&offset=${jobs.length}${filter}`;
    const page = (await lab.get<{ jobs: JobView[] }>(path)).jobs;
    jobs.push(...page);
    if (page.length < pageSize) return jobs;
  }
}

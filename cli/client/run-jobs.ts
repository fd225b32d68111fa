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
  let cursor = '';
  for (;;) {
    const path = `${apiPath('runs', run, 'jobs')}?limit=${pageSize}${filter}${cursor}`;
    const page = await lab.get<{ jobs: JobView[]; next: string | null }>(path);
    jobs.push(...page.jobs);
    if (page.next === null) return jobs;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

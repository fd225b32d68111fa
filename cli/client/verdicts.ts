import { columns, plainLine } from './columns.ts';
import type { JobView } from './lab-client.ts';

/** The line for a job that has just finished. */
export function finishedLine(job: JobView): string {
  const seconds = job.duration === null ? '' : ` ${job.duration.toFixed(1)}s`;
  const reason = job.failure_reason === null ? '' : `: ${job.failure_reason}`;
  return plainLine(`${job.status.padEnd(4)} ${job.job_id}${seconds} ${job.description}${reason}`);
}

/** One line a job, those that did not pass first, and the reasons below the table. */
export function verdictTable(
  jobs: readonly JobView[],
  logOf: (job: JobView) => string | null = (job) => job.log_url,
): string[] {
  const sorted = jobs.toSorted((a, b) => rank(a) - rank(b) || a.job_id - b.job_id);
  const table = columns(sorted, [
    { title: 'JOB', value: (job) => job.job_id, align: 'right' },
    { title: 'VERDICT', value: (job) => job.status },
    { title: 'SECONDS', value: (job) => job.duration?.toFixed(1) ?? null, align: 'right' },
    { title: 'DESCRIPTION', value: (job) => job.description },
    { title: 'LOG', value: logOf },
  ]);
  const reasons = sorted
    .filter((job) => job.status !== 'pass')
    .map((job) => plainLine(`${job.status} ${job.job_id}: ${job.failure_reason ?? 'no reason was given'}`));
  return reasons.length === 0 ? table : [...table, '', ...reasons];
}

/**
 * The exit status of a word that waited for jobs: 0 all passed, 1 a test failed or a job is not over, 3 no test failed, but jobs are dead by
 * what the lab or its machines did.
 */
export function exitStatusOf(jobs: readonly { readonly status: string }[]): 0 | 1 | 3 {
  const statuses = new Set(jobs.map(({ status }) => status));
  statuses.delete('pass');
  if (statuses.size === 0) return 0;
  return statuses.size === 1 && statuses.has('dead') ? 3 : 1;
}

const ranks = ['dead', 'fail', 'running', 'waiting', 'queued', 'pass'];

function rank(job: JobView): number {
  return ranks.indexOf(job.status);
}

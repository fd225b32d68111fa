import { runStatus, totalJobs } from './run-status.ts';
import type { JobCounts, JobStatus } from './job-state.ts';

const order: readonly JobStatus[] = ['pass', 'fail', 'dead', 'running', 'waiting', 'queued'];

/** `3 pass, 1 fail, 2 queued`: only what there is, verdicts first. */
export function countsLine(counts: JobCounts): string {
  const parts = order.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`);
  return parts.length === 0 ? 'no jobs' : parts.join(', ');
}

/** One line for a run: `NAME: finished fail, 6 jobs: 5 pass, 1 fail`. */
export function runLine(run: {
  readonly name: string;
  readonly counts: JobCounts;
  readonly closed: boolean;
}): string {
  const total = totalJobs(run.counts);
  const jobs = total === 1 ? '1 job' : `${total} jobs`;
  return `${run.name}: ${runStatus(run)}, ${jobs}: ${countsLine(run.counts)}`;
}

/** One line for a job: `17 fail 12s rados/basic/{...} -> why`. */
export function jobLine(job: {
  readonly jobId: number;
  readonly status: JobStatus;
  readonly description: string;
  readonly durationSeconds: number | null;
  readonly failureReason: string | null;
}): string {
  const duration = job.durationSeconds === null ? '' : ` ${Math.round(job.durationSeconds)}s`;
  const reason = job.failureReason === null ? '' : ` -> ${firstLine(job.failureReason)}`;
  return `${job.jobId} ${job.status}${duration} ${job.description}${reason}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

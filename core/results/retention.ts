import { isFinal } from './job-state.ts';
import type { JobStatus } from './job-state.ts';

/** After how many days what is taken away; negative = never. */
export interface Retention {
  readonly pass: number; // whole folders of jobs that passed
  readonly fail: number; // whole folders of the others
  readonly remotes: number; // what was brought from the hosts: `remote/` and `data/`
}

/** What the original keeps for how long. */
export const usualRetention: Retention = { pass: 14, fail: -1, remotes: 60 };

export type Pruning = 'job' | 'remotes' | 'nothing';

const dayMs = 24 * 3600_000;

/** What of a job's folder has had its time. Never anything of a job that is not over, or of which nobody knows. */
export function pruningOf(
  job: { readonly status: JobStatus | null; readonly endedAt: number },
  retention: Retention,
  now: number,
): Pruning {
  if (job.status === null || !isFinal(job.status)) return 'nothing';
  const due = (days: number) => days >= 0 && now - job.endedAt >= days * dayMs;
  if (due(job.status === 'pass' ? retention.pass : retention.fail)) return 'job';
  return due(retention.remotes) ? 'remotes' : 'nothing';
}

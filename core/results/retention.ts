import { isFinal } from './job-state.ts';
import type { JobStatus } from './job-state.ts';

/** After how many days what is done to the folder of a job; negative = never. */
export interface Retention {
  readonly pass: number; // whole folders of jobs that passed go
  readonly fail: number; // whole folders of the others go
  readonly remotes: number; // what was brought from the hosts goes: `remote/` and `data/`
  readonly compress: number; // the log is compressed, where the archive does not do that itself
}

/** What the original keeps for how long. */
export const usualRetention: Retention = { pass: 14, fail: -1, remotes: 60, compress: 30 };

/** What has had its time: all of a job's folder, or parts of it. */
export type Pruning = 'job' | 'remotes' | 'log';

const dayMs = 24 * 3600_000;

/** What of a job's folder has had its time. Never anything of a job that is not over, or of which nobody knows. */
export function pruningOf(
  job: { readonly status: JobStatus | null; readonly endedAt: number },
  retention: Retention,
  now: number,
): readonly Pruning[] {
  if (job.status === null || !isFinal(job.status)) return [];
  const due = (days: number) => days >= 0 && now - job.endedAt >= days * dayMs;
  if (due(job.status === 'pass' ? retention.pass : retention.fail)) return ['job'];
  return [
    ...(due(retention.remotes) ? (['remotes'] as const) : []),
    ...(due(retention.compress) ? (['log'] as const) : []),
  ];
}

import type { JobCounts } from './job-state.ts';

export type RunStatus =
  | 'empty'
  | 'queued'
  | 'waiting'
  | 'running'
  | 'finished pass'
  | 'finished fail'
  | 'finished dead';

/**
 * What a run is doing, from its counters alone. The words are the original's; a run is `finished` only when it takes no more
 * jobs and every job has a final status, so that one with jobs still in the queue never reads as finished.
 */
export function runStatus(run: { readonly counts: JobCounts; readonly closed: boolean }): RunStatus {
  const { counts } = run;
  if (counts.running > 0) return 'running';
  if (counts.waiting > 0) return 'waiting';
  if (counts.queued > 0 || !run.closed) return 'queued';
  const total = totalJobs(counts);
  if (total === 0) return 'empty';
  if (counts.dead === total) return 'finished dead';
  return counts.pass === total ? 'finished pass' : 'finished fail';
}

/** Whether nothing will change any more: closed, and no job left that is not final. */
export function isRunOver(run: { readonly counts: JobCounts; readonly closed: boolean }): boolean {
  return run.closed && unfinishedJobs(run.counts) === 0;
}

/** How many jobs the run has. */
export function totalJobs(counts: JobCounts): number {
  return unfinishedJobs(counts) + counts.pass + counts.fail + counts.dead;
}

/** How many jobs have no final status yet. */
export function unfinishedJobs(counts: JobCounts): number {
  return counts.queued + counts.waiting + counts.running;
}

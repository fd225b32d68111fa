/** `queued` waits for nodes; `waiting` has them and its runner is starting; the last three are final. */
export type JobStatus = 'queued' | 'waiting' | 'running' | 'pass' | 'fail' | 'dead';

/** Every status, in the order of a job's life. */
export const jobStatuses: readonly JobStatus[] = ['queued', 'waiting', 'running', 'pass', 'fail', 'dead'];

export type FinalStatus = 'pass' | 'fail' | 'dead';

/** Whether a status never changes again. */
export function isFinal(status: JobStatus): status is FinalStatus {
  return status === 'pass' || status === 'fail' || status === 'dead';
}

/** How many jobs of a run are in each status. Kept by the store in the same transaction as the jobs themselves. */
export type JobCounts = Readonly<Record<JobStatus, number>>;

import type { JobRecord } from '../ports/job-store.ts';
import type { ExpectedDuration } from './expected-durations.ts';

/** What a plan must know of a job in the queue. */
export interface QueuedJob extends Pick<
  JobRecord,
  | 'run'
  | 'jobId'
  | 'owner'
  | 'machineType'
  | 'nodeCount'
  | 'osType'
  | 'osVersion'
  | 'arch'
  | 'roleWishes'
  | 'priority'
  | 'maxSeconds'
  | 'submittedAt'
> {
  readonly expected?: ExpectedDuration | null; // null or not given = nothing is known but its limit
}

/** A job that starts now, and on which nodes. */
export interface PlannedClaim {
  readonly run: string;
  readonly jobId: number;
  readonly nodes: readonly string[];
}

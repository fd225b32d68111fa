import type { JobStatus } from '../results/job-state.ts';

/** What happened to the jobs of a run, in order: the store numbers each change of status as part of the change itself. */
export interface RunEvents {
  /** The changes behind number `after`, oldest first; at the cost of what it returns. */
  after(run: string, after: number, limit: number): Promise<JobEvent[]>;
  /** The number of the run's last change; 0 before the first. */
  last(run: string): Promise<number>;
}

export interface JobEvent {
  readonly seq: number; // grows within a run, with gaps
  readonly jobId: number;
  readonly status: JobStatus; // that it changed to
  readonly reason: string | null; // of a fail or dead job
}

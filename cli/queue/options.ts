/** The options of `loligo queue`, as commander gives them. */
export interface QueueOptions {
  readonly machineType?: string;
  readonly description: boolean;
  readonly full: boolean;
  readonly runs: boolean;
  readonly status: boolean;
  readonly why?: string; // RUN/JOB
  readonly delete?: string; // a part of run names
  readonly pause?: number; // seconds; 0 = end the pause
  readonly priority?: number;
  readonly run?: string;
  readonly user?: string;
  readonly reason?: string;
  readonly json: boolean;
  readonly folder?: string;
}

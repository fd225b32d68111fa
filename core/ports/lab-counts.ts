import type { NodeState } from '../locks/node.ts';
import type { JobStatus } from '../results/job-state.ts';

/** Numbers about a lab. Each costs at most one look at every node, however many jobs there are or were. */
export interface LabCounts {
  /** Jobs by what they accept and where they are; final ones count from the first day. */
  jobs(): Promise<{ machineType: string; status: JobStatus; count: number }[]>;
  /** Nodes; `lockedSince` is that of the lock that is held for longest, epoch ms, null for none. */
  nodes(): Promise<{ machineType: string; state: NodeState; count: number; lockedSince: number | null }[]>;
  /** Runs that are not over. */
  openRuns(): Promise<number>;
}

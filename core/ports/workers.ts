import type { LaunchParams } from './launcher.ts';

/** Where workers wait for attempts that they are to run. An attempt is handed out once; what became of it is in the JobStore. */
export interface Workers {
  /**
   * Waits for an attempt on nodes of a machine type, at most `waitMs`, and until the signal is aborted; null when none came. An
   * answer that gets lost is a claim whose runner never starts: it is undone when its lease ends.
   */
  next(params: {
    readonly machineType: string;
    readonly worker: string; // who waits, for messages
    readonly waitMs: number;
    readonly signal: AbortSignal;
  }): Promise<LaunchParams | null>;
}

/** Who runs an attempt is told apart from runners that the lab starts itself by how its name begins. */
export const workerRunnerPrefix = 'worker ';

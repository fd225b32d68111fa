import type { AttemptRef } from './job-store.ts';
import type { Node } from '../locks/node.ts';

/** Starts the process that executes one attempt. */
export interface Launcher {
  /** Starts a runner and returns how to find it again. Throws when it cannot be started. */
  launch(params: LaunchParams): Promise<string>;
  /** Why no attempt on nodes of a machine type can be launched now; null = one can. Without the method, always. */
  unready?(machineType: string): string | null | Promise<string | null>;
  /** Whether the runner may still be alive; false only when it certainly is not. */
  isAlive(runner: string): Promise<boolean>;
  /** Asks a runner to unwind and end; `force` kills it. A runner that is gone is fine. */
  stop(runner: string, params: { force: boolean }): Promise<void>;
}

export interface LaunchParams {
  readonly attempt: AttemptRef;
  readonly attemptNumber: number;
  readonly nodes: readonly Node[];
}

/** Nobody takes an attempt at this moment. The launcher is in order, and neither it nor the job is to blame. */
export class LauncherBusyError extends Error {
  override readonly name = 'LauncherBusyError';
}

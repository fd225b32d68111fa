import type { Logger } from '../../core/ports/logger.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import type { TaskContext } from '../engine/task.ts';
import type { Cluster } from '../remote/cluster.ts';
import type { ConnectOptions, Remote } from '../remote/remote.ts';

/** What the internal tasks need beyond a task's context: the job as a whole. */
export interface JobRun {
  /** The job with its initial tasks, as config.yaml shows it; secrets are hidden in what `saveConfig` writes. */
  saveConfig(): Promise<void>;
  /** Adds a key to info.yaml. A second call with the same key replaces its value. */
  addInfo(key: string, value: PlainValue): void;
  /** Hosts of the job, in the order of its roles; the remotes may be connected already. */
  makeCluster(): Cluster;
  setCluster(cluster: Cluster): void;
  /** Locks machines, makes them the job's `targets`, and resolves with those as YAML; null when the job came with targets. */
  readonly lockMachines: ((task: Parameters<LockMachines>[0]) => Promise<string>) | null;
  /** Has the job's nodes made what it asks for, which gives new `targets`; null when they are as they are. */
  readonly prepareNodes: ((task: Parameters<LockMachines>[0]) => Promise<void>) | null;
  /** Asks the lock server whether the targets are the owner's; null when there is none. Resolves with one sentence a problem. */
  readonly checkLocks: ((targets: readonly string[]) => Promise<readonly string[]>) | null;
  /** Connects to a host, with as many attempts as the job allows; joins an attempt that is under way. */
  connect(remote: Remote, options: ConnectOptions): Promise<void>;
  /** Notes that a host was connected to. */
  reached(remote: Remote): void;
  /** Says that a host is broken, by a sign that needs no second witness; the verdict on the job is another matter. */
  blame(remote: Remote, reason: string): void;
  /** Whether a host has a snapshot's system already, which the job is only about to ask for. */
  hasGuess(remote: Remote): boolean;
}

/** Locks machines for a job, waiting for them where the caller wants that, and resolves with its `targets`. */
export type LockMachines = (task: {
  readonly log: Logger;
  readonly signal: AbortSignal;
}) => Promise<{ [target: string]: PlainValue }>;

/** How a job gets from a target to the remote that its tasks see. */
export type MakeRemote = (target: {
  readonly user: string;
  readonly hostname: string;
  readonly shortname: string;
  readonly address: string;
  readonly port: number;
  readonly hostKey: string | null;
  readonly identityFile: string | null;
}) => Remote;

const runs = new WeakMap<Map<string, unknown>, JobRun>();

/** Makes a job known to the internal tasks that run in it. */
export function setJobRun(state: Map<string, unknown>, run: JobRun): void {
  runs.set(state, run);
}

/** The job that a task runs in. */
export function jobRunOf(ctx: TaskContext): JobRun {
  const run = runs.get(ctx.state);
  if (!run) throw new Error('internal tasks run only as part of a job');
  return run;
}

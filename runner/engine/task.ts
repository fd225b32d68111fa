import type { Logger } from '../../core/ports/logger.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import type { SiteSettings } from '../../core/config/site-settings.ts';
import type { Cluster } from '../remote/cluster.ts';
import type {
  Command,
  Remote,
  RunOptions,
  StartOptions,
  CommandResult,
  RemoteProcess,
} from '../remote/remote.ts';
import type { Install, SnapshotOrder, SnapshotOutcome } from './snapshot.ts';
import type { Summary } from './summary.ts';
import type { JobArchive } from '../archive/job-archive.ts';

/**
 * A named step of a job. It gets the job's context and what follows the colon in YAML (null when nothing does), and
 * may leave undo functions behind with `ctx.defer`: they run in reverse order when the list that holds the task unwinds,
 * on success, failure, signal and lost lease alike, also when the task itself fails half-way.
 *
 * A task module exports one as `task`, and its sub-tasks under their own names: `install.upgrade` is `upgrade` of `install.ts`.
 */
export type Task = (ctx: TaskContext, config: PlainValue) => Promise<void>;

export interface TaskContext {
  /** The merged job, in plain form. Not frozen: `internal.lock_machines` fills `targets`. */
  readonly job: JobDocument;
  /** Every host of the job with its roles; empty before `internal.add_remotes` and in jobs without roles. */
  readonly cluster: Cluster;
  /** Named after the task: `tasks.<name>` for suite tasks, `teuthology.task.<name>` for ours. */
  readonly log: Logger;
  /** Aborted when the job must stop (kill, deadline, lost lease) and when a sibling in `parallel` failed. Hand it to whatever waits. */
  readonly signal: AbortSignal;
  /** The verdict so far; a task may set `failure_reason` or `status` before it throws, and that wins. */
  readonly summary: Summary;
  /** The job's folder in the archive; null when the job has none. */
  readonly archive: JobArchive | null;
  /** Site settings, read once at start. */
  readonly site: SiteSettings;
  /** What tasks of one job keep for each other, under names of their own. */
  readonly state: Map<string, unknown>;
  /** How this job was started. */
  readonly options: JobOptions;

  /** Leaves an undo behind. It gets the failure that is unwinding the list, or null. Its own failure is reported and does not stop the others. */
  defer(undo: (failure: Error | null) => Promise<void> | void): void;
  /** Runs one `{name: config}` entry (or the name of a top-level list) as a task of its own whose undos run before this resolves; `inherit: true` leaves them to this task's list instead. */
  runTask(entry: PlainValue, options?: { inherit?: boolean; signal?: AbortSignal }): Promise<void>;
  /** Runs a list of entries in order and unwinds it. `starting` is told the name of each entry's task just before it runs. */
  runTasks(
    entries: readonly PlainValue[],
    options?: { signal?: AbortSignal; starting?: (name: string) => void },
  ): Promise<void>;
  /**
   * Brings hosts to an installed state: runs `install` on them, or gives them what an earlier job installed under the same key. Of hosts that
   * can keep snapshots only one runs it, once for all jobs; on others it simply runs. Undos that `install` leaves are this task's.
   * Later snapshots of the job build on it. Processes on the hosts and files outside the login's home do not outlive the switch.
   */
  snapshot(order: SnapshotOrder, install: Install): Promise<SnapshotOutcome>;
  /** Ends the whole job because of something that happened outside of any task, such as the death of a daemon: its tasks see their signal, and it unwinds. Only the first stop of a job counts. */
  stopJob(failure: Error): void;
  /** Asks a person for the keyboard; resolves when they are done. Resolves at once when there is no terminal. */
  interact(reason: string): Promise<void>;
}

/** The job's top-level keys: those that the engine reads are typed, all others are there too. */
export interface JobDocument {
  [key: string]: PlainValue | undefined;
}

export interface JobOptions {
  readonly owner: string;
  readonly name: string | null;
  readonly jobId: number | null;
  readonly description: string | null;
  readonly verbose: boolean;
  readonly suitePath: string | null;
  readonly interactiveOnError: boolean;
}

export type {
  Cluster,
  Command,
  CommandResult,
  Install,
  JobArchive,
  Logger,
  PlainValue,
  Remote,
  RemoteProcess,
  RunOptions,
  SiteSettings,
  SnapshotOrder,
  SnapshotOutcome,
  StartOptions,
  Summary,
};

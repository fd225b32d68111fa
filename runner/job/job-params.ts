import type { Archive } from '../../core/ports/archive.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { YamlCodec } from '../../core/ports/yaml-codec.ts';
import type { FinalStatus } from '../../core/results/job-state.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import type { Terminal } from '../engine/interact.ts';
import type { StepSink } from '../engine/steps.ts';
import type { JobOptions, SiteSettings, Summary } from '../engine/task.ts';
import type { TaskModules } from '../engine/task-registry.ts';
import type { HostFinding } from './host-findings.ts';
import type { JobNodes } from './job-nodes.ts';
import type { LockMachines, MakeRemote } from './job-run.ts';

/** What a job is run with. */
export interface RunJobParams {
  readonly config: YamlMap; // merged and checked, `targets` included
  readonly archive: Pick<Archive, 'append' | 'put' | 'url'> | null; // null = nothing is kept
  readonly archivePrefix: string; // the job's folder, such as `RUN/JOB`; '' = the root
  readonly archiveLocation?: string; // how messages name the folder; default its URL
  readonly yaml: YamlCodec;
  readonly site: SiteSettings;
  readonly options: JobOptions;
  readonly clock: Clock;
  readonly builtInTasks: TaskModules;
  /** Stops the job when aborted; its reason should be a JobStoppedError, which becomes the failure reason. */
  readonly signal: AbortSignal;
  /** Ends even the unwinding when aborted, at once. Its reason may be a JobStoppedError. */
  readonly giveUp?: AbortSignal;
  readonly console: ((line: string) => void) | null; // log lines for a person
  readonly terminal?: Terminal | null; // for interactive tasks
  readonly maxSeconds: number | null; // the job's deadline; null = none
  readonly unwindMs?: number; // for unwinding after a stop, default 120 s
  readonly graceMs?: number; // for a task to end once it was told to, default 10 s
  readonly secrets?: readonly string[]; // never shown in the log or in archived configs
  readonly connectAttempts?: number;
  /** Locks machines for the roles at the start of the job; the caller releases them after it. */
  readonly lockMachines?: LockMachines;
  readonly checkLocks?: (targets: readonly string[]) => Promise<readonly string[]>;
  readonly onStep?: StepSink;
  readonly makeRemote?: MakeRemote; // default: over SSH
  readonly nodes?: JobNodes; // absent = the targets are used as they are
}

/** What came of a job. */
export interface JobResult {
  readonly status: FinalStatus;
  readonly failureReason: string | null; // null exactly when the job passed
  readonly summary: Summary;
  readonly nodesClean: boolean; // false = the hosts may hold what the job left and must be cleaned
  readonly hosts: readonly HostFinding[]; // what it says about their health
  readonly began: boolean; // whether the first of its own tasks did, so that another try would do things twice
}

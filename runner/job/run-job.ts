import type { Archive } from '../../core/ports/archive.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { YamlCodec } from '../../core/ports/yaml-codec.ts';
import type { FinalStatus } from '../../core/results/job-state.ts';
import { toPlain } from '../../core/config/yaml-value.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import { jobArchive } from '../archive/archive-folder.ts';
import { createJobLog } from '../archive/job-log.ts';
import { createLogWriter } from '../archive/log-writer.ts';
import { createMask } from '../archive/mask.ts';
import type { Terminal } from '../engine/interact.ts';
import type { StepSink } from '../engine/steps.ts';
import { createStopControl } from '../engine/stop.ts';
import type { JobDocument, JobOptions, SiteSettings, Summary } from '../engine/task.ts';
import type { TaskModules } from '../engine/task-registry.ts';
import { executeJob } from './execute-job.ts';
import type { MakeRemote } from './job-run.ts';
import { watchUncaught } from './uncaught.ts';

export interface RunJobParams {
  readonly config: YamlMap; // merged and checked, `targets` included
  readonly archive: Archive | null; // null = nothing is kept
  readonly archivePrefix: string; // the job's folder, such as `RUN/JOB`; '' = the root
  readonly archiveLocation?: string; // how messages name the folder; default its URL
  readonly yaml: YamlCodec;
  readonly site: SiteSettings;
  readonly options: JobOptions;
  readonly clock: Clock;
  readonly builtInTasks: TaskModules;
  /** Stops the job when aborted; its reason should be a JobStoppedError, which becomes the failure reason. */
  readonly signal: AbortSignal;
  /** Ends even the unwinding when aborted, at once. */
  readonly giveUp?: AbortSignal;
  readonly console: ((line: string) => void) | null; // log lines for a person
  readonly terminal?: Terminal | null; // for interactive tasks
  readonly maxSeconds: number | null; // the job's deadline; null = none
  readonly unwindMs?: number; // for unwinding after a stop, default 120 s
  readonly graceMs?: number; // for a task to end once it was told to, default 10 s
  readonly secrets?: readonly string[]; // never shown in the log or in archived configs
  readonly connectAttempts?: number;
  readonly checkLocks?: (targets: readonly string[]) => Promise<readonly string[]>;
  readonly onStep?: StepSink;
  readonly makeRemote?: MakeRemote; // default: over SSH
}

export interface JobResult {
  readonly status: FinalStatus;
  readonly failureReason: string | null; // null exactly when the job passed
  readonly summary: Summary;
  readonly nodesClean: boolean; // false = the hosts may hold what the job left and must be cleaned
}

/**
 * Executes one job from its first log line to its last. Rejects for nothing that tasks, hosts or the archive do: all of that is in
 * the result. Resolves when the log has been written and the connections are closed.
 */
export async function runJob(params: RunJobParams): Promise<JobResult> {
  const folder =
    params.archive === null
      ? null
      : jobArchive({
          archive: params.archive,
          prefix: params.archivePrefix,
          ...(params.archiveLocation === undefined ? {} : { location: params.archiveLocation }),
        });
  const mask = createMask({ secrets: params.secrets ?? [], config: params.config });
  const trouble: { log: Logger | null } = { log: null };
  const writer =
    folder === null
      ? null
      : createLogWriter({
          append: (bytes) => folder.append('teuthology.log', bytes),
          warn: (message) => trouble.log?.warn(message),
        });
  const log = createJobLog({
    clock: params.clock,
    mask,
    file: writer === null ? null : (line) => writer.write(line),
    console: params.console,
    verbose: params.options.verbose,
  });
  trouble.log = log.child('teuthology.run');
  const stop = createStopControl({
    signal: params.signal,
    ...(params.giveUp ? { giveUp: params.giveUp } : {}),
    unwindMs: params.unwindMs ?? 120_000,
    maxSeconds: params.maxSeconds,
  });
  const release = watchUncaught({ log: trouble.log, stop: (reason) => stop.stop(reason) });
  try {
    const job = toPlain(params.config) as JobDocument;
    const flush = async (): Promise<void> => writer?.flush();
    return await executeJob({ ...params, job, folder, mask, log, stop, flush });
  } finally {
    release();
    stop.dispose();
    await writer?.flush();
  }
}

import type { Logger } from '../../core/ports/logger.ts';
import { toPlain } from '../../core/config/yaml-value.ts';
import { jobArchive } from '../archive/archive-folder.ts';
import { createJobLog } from '../archive/job-log.ts';
import { createLogWriter } from '../archive/log-writer.ts';
import { createMask } from '../archive/mask.ts';
import { createStopControl } from '../engine/stop.ts';
import type { JobDocument } from '../engine/task.ts';
import { executeJob } from './execute-job.ts';
import type { JobResult, RunJobParams } from './job-params.ts';
import { watchUncaught } from './uncaught.ts';

export type { JobResult, RunJobParams };

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

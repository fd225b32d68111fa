import { pruneArchive } from '../../adapters/embedded/prune-archive.ts';
import type { JobEnd, Pruned } from '../../adapters/embedded/prune-archive.ts';
import type { AuditEntry, AuditLog } from '../../core/ports/audit.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { JobStore } from '../../core/ports/job-store.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Retention } from '../../core/results/retention.ts';
import { startLoop } from './loop.ts';
import type { Loop } from './loop.ts';

const everyMs = 3_600_000;

/** What keeping a lab's archive small stands on. */
interface RetentionPorts {
  readonly jobs: Pick<JobStore, 'getJob'>;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly folder: string; // of the archive
  readonly retention: Retention | null; // null = keep everything
}

/** Takes what has had its time out of the archive, at once and then every hour; null where the site keeps everything. */
export function startRetention(ports: RetentionPorts): Loop | null {
  const { retention } = ports;
  if (retention === null) return null;
  const act = () => pruneOnce({ ...ports, retention });
  return startLoop({ name: 'retention', everyMs, log: ports.log, act });
}

async function pruneOnce(ports: RetentionPorts & { readonly retention: Retention }): Promise<void> {
  const { jobs, audit, clock, log } = ports;
  const pruned = pruneArchive({
    folder: ports.folder,
    retention: ports.retention,
    now: clock.now(),
    dryRun: false,
    endOf: (run, jobId) => recordedEnd(jobs, run, jobId),
    announce: (what) => audit.record(prunedRecord(what, 'retention', clock.now())),
  });
  for await (const { path, act, why } of pruned)
    log.info(`${path} ${act === 'compressed' ? 'is compressed' : 'has left the archive'}: ${why}`);
}

/** How a job ended, by the records of the lab. */
export async function recordedEnd(
  jobs: Pick<JobStore, 'getJob'>,
  run: string,
  jobId: number,
): Promise<JobEnd> {
  const job = await jobs.getJob(run, jobId);
  return job === null ? 'unknown' : { status: job.status, endedAt: job.finishedAt ?? 0 };
}

/** The audit record of something that leaves the archive, or is made smaller in it. */
export function prunedRecord({ path, act, why }: Pruned, actor: string, at: number): AuditEntry {
  const [run = '', job = '', ...part] = path.split('/');
  const name = part.join('/');
  const removed = part.length === 0 ? 'its archive' : `${name}/ of its archive`;
  const what = act === 'compressed' ? `${name} of its archive, compressed` : removed;
  return { at, actor, action: 'prune', subject: `${run}/${job}`, detail: `${what}: ${why}` };
}

import { RunNotFoundError } from '../ports/job-store.ts';
import type { LabPorts } from './lab-ports.ts';

export interface KillOrder {
  readonly run: string;
  readonly jobId: number | null; // null = every job of the run
  readonly actor: string; // an identity that has been checked
  readonly operator: boolean; // may act for others
  readonly reason: string;
}

/** The run has no such job. */
export class JobNotFoundError extends Error {
  override readonly name = 'JobNotFoundError';
  constructor(run: string, jobId: number) {
    super(`run '${run}' has no job ${jobId}`);
  }
}

/** Somebody wanted to act on what belongs to somebody else, and is no operator. */
export class NotAllowedError extends Error {
  override readonly name = 'NotAllowedError';
  constructor(actor: string, act: string) {
    super(`${actor} may not ${act}`);
  }
}

/**
 * Ends jobs: queued ones at once, running ones through their runners, which are told without waiting for their next renewal. Leaves
 * an audit record. A second call finds nothing to do. Returns the ids touched. Throws RunNotFoundError, JobNotFoundError and
 * NotAllowedError.
 */
export async function kill(
  ports: Pick<LabPorts, 'audit' | 'clock' | 'jobs' | 'launcher' | 'log'>,
  order: KillOrder,
): Promise<number[]> {
  const { run, jobId, actor, reason } = order;
  const record = await ports.jobs.getRun(run);
  if (record === null) throw new RunNotFoundError(run);
  if (jobId !== null && (await ports.jobs.getJob(run, jobId)) === null)
    throw new JobNotFoundError(run, jobId);
  if (record.owner !== actor && !order.operator) {
    throw new NotAllowedError(actor, `kill jobs of run '${run}', which belongs to ${record.owner}`);
  }
  const now = ports.clock.now();
  const subject = jobId === null ? run : `${run}/${jobId}`;
  await ports.audit.record({ at: now, actor, action: 'kill', subject, detail: reason });
  const touched = await ports.jobs.kill({ run, ...(jobId !== null && { jobId }), actor, reason, now });
  for (const id of touched) await hurryRunner(ports, run, id);
  return touched;
}

/** The request is in the store already; a runner that cannot be reached finds it there. */
async function hurryRunner(
  ports: Pick<LabPorts, 'jobs' | 'launcher' | 'log'>,
  run: string,
  jobId: number,
): Promise<void> {
  const job = await ports.jobs.getJob(run, jobId);
  if (job?.status !== 'running' || job.runner === null) return;
  try {
    await ports.launcher.stop(job.runner, { force: false });
  } catch (error) {
    ports.log.warn(`runner ${job.runner} of ${run}/${jobId} was not reached: ${String(error)}`);
  }
}

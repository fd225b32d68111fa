import { machineTypes } from '../locks/match.ts';
import type { JobRecord } from '../ports/job-store.ts';
import type { JobStatus } from '../results/job-state.ts';
import type { Actor } from './actor.ts';
import { kill } from './kill.ts';
import type { LabPorts } from './lab-ports.ts';

/** Which jobs are to end: all that fit every wish. */
export interface KillManyOrder {
  readonly actor: Actor;
  readonly run: string | null; // null = of all runs
  readonly owner: string | null; // null = whosever
  readonly machineType: string | null; // that they accept; null = any
  readonly preserveQueue: boolean; // true = queued jobs stay
  readonly reason: string;
}

export interface KilledJobs {
  readonly run: string;
  readonly jobIds: readonly number[];
}

const pageSize = 1000;

/**
 * Ends every job that fits, as `kill` does, run by run; a second call finds nothing to do. Those of others take an operator: the
 * first that the actor may not end ends the whole order with NotAllowedError. Costs one read for each thousand unfinished jobs.
 */
export async function killMany(
  ports: Pick<LabPorts, 'audit' | 'clock' | 'jobs' | 'launcher' | 'log'>,
  order: KillManyOrder,
): Promise<KilledJobs[]> {
  const { actor, reason } = order;
  const killed: KilledJobs[] = [];
  for (const [run, jobs] of Map.groupBy(await jobsThatFit(ports, order), (job) => job.run)) {
    const jobIds: number[] = [];
    for (const { jobId } of jobs)
      jobIds.push(
        ...(await kill(ports, { run, jobId, actor: actor.name, operator: actor.operator, reason })),
      );
    if (jobIds.length > 0) killed.push({ run, jobIds });
  }
  return killed;
}

async function jobsThatFit(ports: Pick<LabPorts, 'jobs'>, order: KillManyOrder): Promise<JobRecord[]> {
  const { run, owner, machineType } = order;
  const statuses: JobStatus[] = ['waiting', 'running', ...(order.preserveQueue ? [] : (['queued'] as const))];
  const found: JobRecord[] = [];
  for (let offset = 0; ; offset += pageSize) {
    const page = await ports.jobs.listJobs({
      ...(run !== null && { run }),
      statuses,
      limit: pageSize,
      offset,
    });
    for (const job of page) {
      if (owner !== null && job.owner !== owner) continue;
      if (machineType === null || machineTypes(job.machineType).includes(machineType)) found.push(job);
    }
    if (page.length < pageSize) return found;
  }
}

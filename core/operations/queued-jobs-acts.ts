import type { JobRecord } from '../ports/job-store.ts';
import { recordAct } from './actor.ts';
import type { Actor } from './actor.ts';
import { NotAllowedError } from './kill.ts';
import type { KillOrder } from './kill.ts';
import type { LabPorts } from './lab-ports.ts';
import { queuedJobs } from './queue-page.ts';

/** Which queued jobs an order is about; a job must fit all that is given. */
export interface QueuedJobsWish {
  readonly machineType: string | null;
  readonly runContains: string | null; // a part of the run's name
  readonly run: string | null;
  readonly owner: string | null;
}

/**
 * Takes queued jobs out of the queue: they become dead, with the reason. One that is started meanwhile is unwound. Those of others take an
 * operator: when one of them is, nothing is deleted. Returns what was deleted, in queue order. A second call finds nothing.
 */
export async function deleteQueued(
  ports: Pick<LabPorts, 'jobs'> & { readonly kill: (order: KillOrder) => Promise<number[]> },
  order: { actor: Actor; wish: QueuedJobsWish; reason: string },
): Promise<JobRecord[]> {
  const { actor, reason } = order;
  const deleted: JobRecord[] = [];
  for (const job of await chosen(ports, { ...order, act: 'delete' })) {
    const { run, jobId } = job;
    const ids = await ports.kill({ run, jobId, actor: actor.name, operator: actor.operator, reason });
    if (ids.length > 0) deleted.push(job);
  }
  return deleted;
}

/**
 * Gives queued jobs another priority; those that start meanwhile keep theirs. Those of others take an operator: when one of them is, nothing is
 * changed. Returns what was moved. A second call changes nothing more.
 */
export async function prioritizeQueued(
  ports: Pick<LabPorts, 'audit' | 'clock' | 'jobs' | 'wakeups'>,
  order: { actor: Actor; wish: QueuedJobsWish; priority: number },
): Promise<JobRecord[]> {
  const { actor, priority } = order;
  const moved: JobRecord[] = [];
  for (const job of await chosen(ports, { ...order, act: 'move' })) {
    const { run, jobId } = job;
    const done = await ports.jobs.setPriority({ run, jobId, priority, now: ports.clock.now() });
    if (done === 'ok') moved.push(job);
  }
  for (const [run, jobs] of Map.groupBy(moved, (job) => job.run)) {
    const detail = `${jobs.length} queued jobs have the priority ${priority}`;
    await recordAct(ports, { actor, action: 'priority', subject: run, detail });
  }
  for (const type of new Set(moved.map((job) => job.machineType))) await ports.wakeups.poke(type);
  return moved;
}

async function chosen(
  ports: Pick<LabPorts, 'jobs'>,
  { actor, wish, act }: { actor: Actor; wish: QueuedJobsWish; act: string },
): Promise<JobRecord[]> {
  const jobs: JobRecord[] = [];
  for await (const job of queuedJobs(ports.jobs, wish.machineType)) {
    if (!fits(job, wish)) continue;
    if (job.owner !== actor.name && !actor.operator)
      throw new NotAllowedError(
        actor.name,
        `${act} job ${job.run}/${job.jobId}, which belongs to ${job.owner}`,
      );
    jobs.push(job);
  }
  return jobs;
}

function fits(job: JobRecord, { run, runContains, owner }: QueuedJobsWish): boolean {
  if (run !== null && job.run !== run) return false;
  if (owner !== null && job.owner !== owner) return false;
  return runContains === null || job.run.includes(runContains);
}

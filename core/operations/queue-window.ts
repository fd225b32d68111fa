import { canEverServe, machineTypes } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import type { JobRecord, JobStore, QueuePlace } from '../ports/job-store.ts';

/**
 * The part of the queue that is planned: of each machine type so many of the first jobs that the inventory could serve, and
 * all the others that stand between them. Jobs that can never be served take no room, so that however many there are, those
 * behind them are seen (L9).
 */
export async function queueWindow(
  jobs: Pick<JobStore, 'queueHead' | 'queuedTypes'>,
  params: { readonly nodes: readonly Node[]; readonly size: number },
): Promise<{ readonly jobs: JobRecord[]; readonly complete: boolean }> {
  const horizons = new Map<string, QueuePlace>();
  const found = new Map<number, JobRecord>();
  for (const machineType of await jobs.queuedTypes()) {
    const head = await headOf(jobs, { ...params, machineType });
    for (const job of head.jobs) found.set(job.jobId, job);
    const last = head.jobs.at(-1);
    if (!head.complete && last !== undefined) horizons.set(machineType, last);
  }
  // A job that accepts several types may be seen in one queue and stand behind the part that was read of another. Taking it would
  // let it overtake the unread jobs before it.
  const visible = [...found.values()].filter((job) =>
    machineTypes(job.machineType).every((type) => !isBehind(job, horizons.get(type))),
  );
  return { jobs: visible, complete: horizons.size === 0 };
}

async function headOf(
  jobs: Pick<JobStore, 'queueHead'>,
  params: { nodes: readonly Node[]; size: number; machineType: string },
): Promise<{ jobs: JobRecord[]; complete: boolean }> {
  const found: JobRecord[] = [];
  let room = params.size;
  while (room > 0) {
    const page = await jobs.queueHead(params.machineType, params.size, found.at(-1));
    found.push(...page);
    if (page.length < params.size) return { jobs: found, complete: true };
    room -= page.filter((job) => canEverServe(params.nodes, job)).length;
  }
  return { jobs: found, complete: false };
}

function isBehind(job: QueuePlace, horizon: QueuePlace | undefined): boolean {
  if (horizon === undefined) return false;
  return job.priority > horizon.priority || (job.priority === horizon.priority && job.jobId > horizon.jobId);
}

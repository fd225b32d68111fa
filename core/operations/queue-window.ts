import { canEverServe, inventoryOf } from '../locks/inventory.ts';
import type { Inventory } from '../locks/inventory.ts';
import { machineTypes } from '../locks/match.ts';
import { wishKey } from '../locks/wish-key.ts';
import type { Node } from '../locks/node.ts';
import type { JobRecord, JobStore, QueuePlace } from '../ports/job-store.ts';

export interface QueueWindow {
  readonly jobs: JobRecord[];
  readonly complete: boolean; // nothing that could be served was left out
  readonly hopeless: ReadonlySet<string>; // the wishes (`wishKey`) that the inventory cannot serve
}

interface Window {
  readonly nodes: readonly Node[];
  readonly size: number;
  readonly perOwner: number | null; // of each machine type; null = any number
}

/**
 * The part of the queue that is planned: of each machine type so many of the first jobs that the inventory could serve, and
 * all the others that stand between them. With `perOwner`, an owner's jobs beyond so many are left out and take no room. Jobs that can
 * never be served take no room, so that however many there are, those behind them are seen (L9); behind the first page, those that ask for
 * the same as one before them, which `hopeless` has, are left out. Costs one ranged query and as many whole records for each `size` jobs
 * that are read, and one look at each node: as a rule that is one page a machine type. What is left out is not read (`bench/queue.ts`).
 */
export async function queueWindow(
  jobs: Pick<JobStore, 'queueHead' | 'queuedTypes'>,
  params: Window,
): Promise<QueueWindow> {
  const inventory = inventoryOf(params.nodes.filter((node) => node.state !== 'quarantined'));
  const horizons = new Map<string, QueuePlace>();
  const found = new Map<number, JobRecord>();
  const hopeless = new Set<string>();
  for (const machineType of await jobs.queuedTypes()) {
    const head = await headOf(jobs, { ...params, inventory, machineType });
    for (const wish of head.hopeless) hopeless.add(wish);
    for (const job of head.jobs) found.set(job.jobId, job);
    if (!head.complete && head.last !== undefined) horizons.set(machineType, head.last);
  }
  // A job that accepts several types may be seen in one queue and stand behind the part that was read of another. Taking it would
  // let it overtake the unread jobs before it.
  const visible = [...found.values()].filter((job) =>
    machineTypes(job.machineType).every((type) => !isBehind(job, horizons.get(type))),
  );
  return { jobs: visible, complete: horizons.size === 0, hopeless };
}

async function headOf(
  jobs: Pick<JobStore, 'queueHead'>,
  params: Window & { inventory: Inventory; machineType: string },
): Promise<{
  jobs: JobRecord[];
  last: JobRecord | undefined;
  complete: boolean;
  hopeless: Iterable<string>;
}> {
  const found: JobRecord[] = [];
  const counts = new Map<string, number>();
  const hopeless = new Map<string, JobRecord>();
  let last: JobRecord | undefined;
  let room = params.size;
  while (room > 0) {
    const owners = [...counts].filter(([, count]) => count >= (params.perOwner ?? Infinity));
    const page = await jobs.queueHead(params.machineType, params.size, last, {
      owners: owners.map(([owner]) => owner),
      wishes: [...hopeless.values()],
    });
    const taken = page.filter((job) => isWithin(params.perOwner, counts, job.owner));
    found.push(...taken);
    last = page.at(-1);
    const served = taken.filter((job) => canEverServe(params.inventory, job));
    room -= served.length;
    const able = new Set(served);
    for (const job of taken) if (!able.has(job)) hopeless.set(wishKey(job), job);
    if (page.length < params.size) return { jobs: found, last, complete: true, hopeless: hopeless.keys() };
  }
  return { jobs: found, last, complete: false, hopeless: hopeless.keys() };
}

function isBehind(job: QueuePlace, horizon: QueuePlace | undefined): boolean {
  if (horizon === undefined) return false;
  return job.priority > horizon.priority || (job.priority === horizon.priority && job.jobId > horizon.jobId);
}

function isWithin(perOwner: number | null, counts: Map<string, number>, owner: string): boolean {
  if (perOwner === null) return true;
  const count = (counts.get(owner) ?? 0) + 1;
  counts.set(owner, count);
  return count <= perOwner;
}

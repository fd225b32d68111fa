import type { JobRecord } from '../ports/job-store.ts';
import { heapify, siftDown, popHeap } from './heap.ts';
import type { OwnerUse } from './owner-use.ts';
import { queueOrder } from './queue-order.ts';

type Waiter = Pick<JobRecord, 'jobId' | 'owner' | 'priority' | 'submittedAt' | 'nodeCount'>;

/** Fair share: how owners take turns. */
export interface FairShare {
  readonly useOf: (owner: string) => OwnerUse;
  /** Whoever was submitted before has waited so long that it goes before all others of its priority, epoch ms. */
  readonly patientSince: number;
}

/**
 * The jobs in the order in which they are planned: by priority, then by submission. With fair share, among jobs of one priority: first
 * those that have waited for very long, then always the oldest job of the owner who has the fewest nodes, counting those that
 * his jobs were given, or wait for, earlier in the same plan; between equals the oldest job. No job can be passed over for longer
 * than patience lasts (L9).
 */
export function* turns<Job extends Waiter>(jobs: readonly Job[], fair: FairShare | null): Generator<Job> {
  const ordered = queueOrder(jobs);
  if (fair === null) return yield* ordered;
  for (let from = 0; from < ordered.length;) {
    const priority = ordered[from]?.priority;
    let to = from;
    while (ordered[to]?.priority === priority && to < ordered.length) to += 1;
    yield* takeTurns(ordered.slice(from, to), fair);
    from = to;
  }
}

interface Line<Job> {
  readonly jobs: Job[]; // of one owner, oldest first
  next: number;
  use: number;
}

function* takeTurns<Job extends Waiter>(jobs: readonly Job[], fair: FairShare): Generator<Job> {
  const lines = new Map<string, Line<Job>>();
  for (const job of jobs) {
    if (job.submittedAt <= fair.patientSince) {
      yield job;
      continue;
    }
    const line = lines.get(job.owner);
    if (line === undefined) lines.set(job.owner, { jobs: [job], next: 0, use: 0 });
    else line.jobs.push(job);
  }
  for (const [owner, line] of lines) line.use = fair.useOf(owner).all.nodes;
  const heap = heapify([...lines.values()], isBefore);
  for (;;) {
    const [line] = heap;
    const job = line?.jobs[line.next];
    if (line === undefined || job === undefined) return;
    yield job;
    line.next += 1;
    line.use += job.nodeCount;
    if (line.next === line.jobs.length) popHeap(heap, isBefore);
    else siftDown(heap, 0, isBefore);
  }
}

function isBefore<Job extends Waiter>(a: Line<Job>, b: Line<Job>): boolean {
  return a.use < b.use || (a.use === b.use && headOf(a) < headOf(b));
}

function headOf<Job extends Waiter>({ jobs, next }: Line<Job>): number {
  return jobs[next]?.jobId ?? Infinity;
}

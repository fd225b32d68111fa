import type { Node } from '../locks/node.ts';

/** What is known about a node's near future while a plan is made. Changed in place by the plan. */
export interface Outlook {
  readonly node: Node;
  /** Its place among all nodes, least recently used first. */
  place: number;
  /** When a job could have the node after everything that is planned already, epoch ms; Infinity = nobody can say. */
  availableAt: number;
  /** `availableAt` as its kind's heap knows it: that or something earlier. */
  heapKey: number;
  /** Whether a claim of this plan can still take it. */
  free: boolean;
  /** When the first reservation on it begins, epoch ms; Infinity = none. Until then it may be lent to a job that ends in time. */
  reservedFrom: number;
  /** Whose that reservation is. */
  reservedFor: number | null; // job id
}

/** A job that holds nodes now. */
export interface RunningJob {
  readonly jobId: number;
  readonly endsBy: number; // epoch ms, its deadline
}

/**
 * The outlook of every node that can be used again without anybody's doing, least recently used first; quarantined ones are left
 * out. `turnoverMs` is what passes between the deadline of a job and the moment when its nodes are clean.
 */
export function outlooks(params: {
  readonly nodes: readonly Node[];
  readonly running: readonly RunningJob[];
  readonly now: number;
  readonly turnoverMs: number;
}): Outlook[] {
  const { now, turnoverMs } = params;
  const endsBy = new Map<number, number>();
  for (const job of params.running) endsBy.set(job.jobId, job.endsBy);
  const found: Outlook[] = [];
  for (const node of params.nodes) {
    if (node.state === 'quarantined') continue;
    const free = node.state === 'free';
    const availableAt = free ? now : Math.max(now, lockedUntil(node, endsBy)) + turnoverMs;
    found.push({
      node,
      place: 0,
      availableAt,
      heapKey: availableAt,
      free,
      reservedFrom: Infinity,
      reservedFor: null,
    });
  }
  found.sort(byLastUse);
  for (const [place, outlook] of found.entries()) outlook.place = place;
  return found;
}

function lockedUntil(node: Node, endsBy: ReadonlyMap<number, number>): number {
  if (node.lock === null) return 0; // dirty or being cleaned: only the turnover is left
  if (node.lock.job === null) return node.lock.leaseUntil ?? Infinity;
  return endsBy.get(node.lock.job.jobId) ?? node.lock.leaseUntil ?? 0;
}

/** Least recently used first, so that wear and the risk of a bad node are spread; the name decides between equals. */
function byLastUse(a: Outlook, b: Outlook): number {
  return a.node.lastUsedAt - b.node.lastUsedAt || (a.node.name < b.node.name ? -1 : 1);
}

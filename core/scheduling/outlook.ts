import type { Node } from '../locks/node.ts';

/** What is known about a node's near future while a plan is made. Changed in place by the plan. */
export interface Outlook {
  readonly node: Node;
  /** When a job could have the node after everything that is planned already, epoch ms; Infinity = nobody can say. */
  availableAt: number;
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
 * The outlook of every node that can be used again without anybody's doing; quarantined ones are left out. `turnoverMs` is what
 * passes between the deadline of a job and the moment when its nodes are clean.
 */
export function outlooks(params: {
  readonly nodes: readonly Node[];
  readonly running: readonly RunningJob[];
  readonly now: number;
  readonly turnoverMs: number;
}): Outlook[] {
  const endsBy = new Map(params.running.map((job) => [job.jobId, job.endsBy]));
  return params.nodes
    .filter((node) => node.state !== 'quarantined')
    .map((node) => ({
      node,
      availableAt:
        node.state === 'free'
          ? params.now
          : Math.max(params.now, lockedUntil(node, endsBy)) + params.turnoverMs,
      free: node.state === 'free',
      reservedFrom: Infinity,
      reservedFor: null,
    }));
}

function lockedUntil(node: Node, endsBy: ReadonlyMap<number, number>): number {
  if (node.lock === null) return 0; // dirty or being cleaned: only the turnover is left
  if (node.lock.job === null) return node.lock.leaseUntil ?? Infinity;
  return endsBy.get(node.lock.job.jobId) ?? node.lock.leaseUntil ?? 0;
}

/** Least recently used first, so that wear and the risk of a bad node are spread; the name decides between equals. */
export function byLastUse(a: Outlook, b: Outlook): number {
  return a.node.lastUsedAt - b.node.lastUsedAt || (a.node.name < b.node.name ? -1 : 1);
}

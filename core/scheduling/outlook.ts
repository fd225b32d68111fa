import type { Node } from '../locks/node.ts';

/** What is known about a node's near future while a plan is made. Changed in place by the plan. */
export interface Outlook extends Times {
  readonly node: Node;
  /** Its place among all nodes, least recently used first. */
  readonly place: number;
  /** `likelyAt` as its kind's heap knows it: that or something earlier. */
  heapKey: number;
  /** Whether a claim of this plan can still take it. */
  free: boolean;
  /** When the first reservation on it begins, epoch ms; Infinity = none. Until then it may be lent to a job that ends in time. */
  reservedFrom: number;
  /** Whose that reservation is. */
  reservedFor: number | null; // job id
  /** Whether it may be lent only to jobs whose limit ends in time, not to those that are merely expected to. */
  reservedStrictly: boolean;
}

/** When something comes free or begins, after everything that is planned already; epoch ms, Infinity = nobody can say. */
export interface Times {
  earliestAt: number; // if every job before takes as long as the shortest of its like; without history now
  likelyAt: number; // if every job before takes as long as the longest of its like; without history its limit
  latestAt: number; // if every job before takes as long as it may
}

/** A job that holds nodes now. */
export interface RunningJob {
  readonly jobId: number;
  readonly endsBy: number; // epoch ms, its deadline
  readonly earliestEnd?: number; // epoch ms, by history; default: now
  readonly likelyEnd?: number; // epoch ms, by history; default: its deadline
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
  const running = new Map<number, RunningJob>();
  for (const job of params.running) running.set(job.jobId, job);
  const usable = params.nodes.filter((node) => node.state !== 'quarantined').sort(byLastUse);
  return usable.map((node, place) => {
    const { earliestAt, likelyAt, latestAt } = availability(node, running, params);
    return {
      node,
      place,
      earliestAt,
      likelyAt,
      latestAt,
      heapKey: likelyAt,
      free: node.state === 'free',
      reservedFrom: Infinity,
      reservedFor: null,
      reservedStrictly: false,
    };
  });
}

function availability(
  node: Node,
  running: ReadonlyMap<number, RunningJob>,
  { now, turnoverMs }: { now: number; turnoverMs: number },
): Times {
  if (node.state === 'free') return { earliestAt: now, likelyAt: now, latestAt: now };
  const { lock } = node;
  const soon = now + turnoverMs;
  if (lock === null) return { earliestAt: now, likelyAt: soon, latestAt: soon }; // dirty or being cleaned
  const job = lock.job === null ? undefined : running.get(lock.job.jobId);
  const until = job?.endsBy ?? lock.leaseUntil ?? (lock.job === null ? Infinity : 0);
  const latestAt = Math.max(now, until) + turnoverMs;
  const likely = job?.likelyEnd ?? until;
  // One that has taken longer already than any of its like may take as long as it is allowed to.
  const likelyAt = likely <= now ? latestAt : likely + turnoverMs;
  const earliest = until === Infinity ? Infinity : lock.job === null ? until : (job?.earliestEnd ?? now);
  return { earliestAt: Math.max(now, earliest), likelyAt, latestAt };
}

/** Least recently used first, so that wear and the risk of a bad node are spread; the name decides between equals. */
function byLastUse(a: Node, b: Node): number {
  return a.lastUsedAt - b.lastUsedAt || (a.name < b.name ? -1 : 1);
}

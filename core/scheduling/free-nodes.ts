import { kindAt } from './node-kinds.ts';
import type { NodeKinds } from './node-kinds.ts';
import type { Outlook } from './outlook.ts';
import type { Pool } from './pools.ts';
import { refuse, wasRefused } from './refused.ts';
import type { Demand } from './refused.ts';

/** How many more nodes of each machine type a job may have, by the number of the type. Counted down while nodes are chosen. */
export interface Caps {
  readonly left: Int32Array;
  readonly kinds: NodeKinds;
}

/**
 * The nodes that a job can have now, least recently used first, which are its own number or null: not so many are free long enough,
 * or it may not have so many.
 */
export function freeNodes(pool: Pool, demand: Demand, caps: Caps | null): readonly Outlook[] | null {
  const { nodeCount } = demand;
  if (wasRefused(pool.refused, demand)) return null;
  const chosen: Outlook[] = [];
  let taken = 0;
  let byLimit = false;
  let capped = false;
  for (const outlook of pool.free) {
    if (chosen.length === nodeCount) break;
    if (!outlook.free) taken += 1;
    else if (!isLent(outlook, demand)) byLimit ||= outlook.reservedStrictly;
    else if (caps !== null && !spend(caps, outlook)) capped = true;
    else chosen.push(outlook);
  }
  // Nodes that were taken meanwhile are left behind now and then, so that a plan does not walk over them for each job.
  if (taken > mostTaken) pool.free = pool.free.filter((outlook) => outlook.free);
  if (chosen.length === nodeCount) return chosen;
  if (!capped) refuse(pool.refused, demand, byLimit);
  return null;
}

/** Whether there are nodes for a job that may not start. Cheaper than to look for them each time: nothing is taken by the answer. */
export function hasFreeNodes(pool: Pool, demand: Demand, caps: Caps | null): boolean {
  if (caps !== null) return freeNodes(pool, demand, caps) !== null;
  const { seen } = pool;
  let usable = 0;
  for (; usable < demand.nodeCount; usable++) {
    const outlook = seen[usable];
    if (outlook === undefined || !outlook.free || !isLent(outlook, demand)) break;
  }
  if (usable === demand.nodeCount) return true;
  const found = freeNodes(pool, demand, null);
  if (found !== null) pool.seen = found;
  return found !== null;
}

const mostTaken = 64;

/** Whether a job would be gone before the node is needed by the one that it is kept for. */
export function isLent(
  { reservedFrom, reservedStrictly }: Outlook,
  { endsAt, surelyEndsAt }: Demand,
): boolean {
  return (reservedStrictly ? surelyEndsAt : endsAt) <= reservedFrom;
}

function spend({ left, kinds }: Caps, outlook: Outlook): boolean {
  const { index } = kindAt(kinds, outlook).type;
  const more = left[index] ?? 0;
  if (more <= 0) return false;
  left[index] = more - 1;
  return true;
}

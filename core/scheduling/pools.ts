import type { NodeWish } from '../locks/match.ts';
import { fittingKinds, nodeKinds } from './node-kinds.ts';
import type { NodeKind, NodeKinds } from './node-kinds.ts';
import type { Outlook } from './outlook.ts';
import type { Wait } from './wait.ts';
import { wishMap } from './wish-map.ts';

/** The nodes that fit a wish, and what a plan has learnt about them. Wishes that the same nodes fit share it. Changed in place by the plan. */
export interface Pool {
  readonly kinds: readonly NodeKind[];
  readonly candidates: readonly Outlook[]; // least recently used first
  readonly foreseeable: number; // how many of them come free without anybody's doing
  reservations: number;
  free: Outlook[]; // those that may still be taken, and some that were
  /**
   * By number of nodes, the end of the soonest ending job that could not have so many or fewer. A plan only ever takes nodes
   * away, so what has failed once fails again for every job that wants as many or more for as long or longer.
   */
  readonly refused: number[]; // epoch ms; Infinity = none was refused
  /** What the last job could have had that was not allowed to start. */
  seen: readonly Outlook[];
}

/** All jobs that wish for the same. */
export interface WishGroup {
  readonly pool: Pool;
  /** What jobs of the group wait for that keep nothing, by their number of nodes: that never changes within a plan. */
  readonly waits: Map<number, Wait>;
}

/** Who can be served by which nodes. */
export interface Pools {
  readonly groupOf: (wish: NodeWish) => WishGroup;
  readonly kinds: NodeKinds;
}

/** Fitting is decided once for each wish and kind of node, not for each job and node. The nodes must be in the order of their places. */
export function pools(outlook: readonly Outlook[]): Pools {
  const kinds = nodeKinds(outlook);
  const known = new Map<string, Pool>();
  const groupOf = wishMap((wish): WishGroup => {
    const fitting = fittingKinds(kinds, wish);
    const key = fitting.map((kind) => kind.index).join();
    const pool = known.get(key) ?? newPool(fitting, { outlook, kinds });
    known.set(key, pool);
    return { pool, waits: new Map() };
  });
  return { groupOf, kinds };
}

function newPool(
  fitting: readonly NodeKind[],
  { outlook, kinds }: { outlook: readonly Outlook[]; kinds: NodeKinds },
): Pool {
  const fits = new Uint8Array(kinds.all.length);
  for (const kind of fitting) fits[kind.index] = 1;
  const only = fitting.length === 1 ? fitting[0] : undefined;
  const mixed = () => outlook.filter((one) => fits[kinds.kindOf[one.place] ?? -1] === 1);
  const candidates = fitting.length === 0 ? [] : (only?.members ?? mixed());
  let foreseeable = 0;
  for (const one of candidates) if (one.availableAt < Infinity) foreseeable += 1;
  return {
    kinds: fitting,
    candidates,
    foreseeable,
    reservations: 0,
    free: candidates.filter(isOpen),
    refused: [Infinity],
    seen: [],
  };
}

/** How long a job would have its nodes, if it had them now. */
export interface Demand {
  readonly nodeCount: number;
  readonly endsAt: number; // epoch ms
}

/** The nodes that a job can have now, least recently used first, which are its own number or null: not so many are free long enough. */
export function freeNodes(pool: Pool, demand: Demand): readonly Outlook[] | null {
  const { nodeCount } = demand;
  if (wasRefused(pool, demand)) return null;
  const chosen: Outlook[] = [];
  let taken = 0;
  for (const outlook of pool.free) {
    if (chosen.length === nodeCount) break;
    if (!outlook.free) taken += 1;
    else if (demand.endsAt <= outlook.reservedFrom) chosen.push(outlook);
  }
  // Nodes that were taken meanwhile are left behind now and then, so that a plan does not walk over them for each job.
  if (taken > mostTaken) pool.free = pool.free.filter(isOpen);
  if (chosen.length === nodeCount) return chosen;
  refuse(pool, demand);
  return null;
}

/** Whether there are nodes for a job that may not start. Cheaper than to look for them each time: nothing is taken by the answer. */
export function hasFreeNodes(pool: Pool, demand: Demand): boolean {
  const { seen } = pool;
  let usable = 0;
  while (usable < demand.nodeCount && isUsable(seen[usable], demand)) usable += 1;
  if (usable === demand.nodeCount) return true;
  const found = freeNodes(pool, demand);
  if (found !== null) pool.seen = found;
  return found !== null;
}

function isUsable(outlook: Outlook | undefined, { endsAt }: Demand): boolean {
  return outlook !== undefined && outlook.free && endsAt <= outlook.reservedFrom;
}

const mostTaken = 64;

function isOpen(outlook: Outlook): boolean {
  return outlook.free;
}

function wasRefused({ refused }: Pool, { nodeCount, endsAt }: Demand): boolean {
  return endsAt >= (refused[Math.min(nodeCount, refused.length - 1)] ?? Infinity);
}

function refuse({ refused }: Pool, { nodeCount, endsAt }: Demand): void {
  while (refused.length <= nodeCount) refused.push(refused.at(-1) ?? Infinity);
  for (let count = nodeCount; count < refused.length; count++) {
    refused[count] = Math.min(refused[count] ?? Infinity, endsAt);
  }
}

import { mismatches } from '../locks/match.ts';
import type { NodeWish } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import { byLastUse } from './outlook.ts';
import type { Outlook } from './outlook.ts';

/** All queued jobs that wish for the same kind of node, and what a plan has learnt about them. Changed in place by the plan. */
export interface WishGroup {
  readonly candidates: readonly Outlook[]; // that fit, least recently used first
  readonly foreseeable: readonly Outlook[]; // those of them that come free without anybody's doing
  readonly sentences: Map<number, string>; // why jobs of the group wait that keep nothing, by their number of nodes
  reservations: number;
  free: readonly Outlook[]; // those that may still be taken, and some that were
  /**
   * Number of nodes to the shortest job, in seconds, that could not have so many. A plan only ever takes nodes away, so what has
   * failed once fails again for every job that wants as many or more for as long or longer.
   */
  readonly refused: Map<number, number>;
}

type Demand = { readonly nodeCount: number; readonly maxSeconds: number };

/** Finds the group of a wish. Fitting is decided once for each group and kind of node, not for each job and node. */
export function wishGroups(outlook: readonly Outlook[]): (wish: NodeWish) => WishGroup {
  const kinds = new Map<string, Node>();
  const sorted = [...outlook].sort(byLastUse).map((one) => {
    const kind = kindOf(one.node);
    if (!kinds.has(kind)) kinds.set(kind, one.node);
    return { one, kind };
  });
  const groups = new Map<string, WishGroup>();
  let last: { wish: NodeWish; group: WishGroup } | null = null;
  return (wish) => {
    // Neighbours in the queue mostly come from one suite and wish for the same.
    if (last !== null && sameWish(last.wish, wish)) return last.group;
    const key = kindOf(wish);
    let group = groups.get(key);
    if (group === undefined) {
      const fitting = new Set<string>();
      for (const [kind, node] of kinds) if (mismatches(node, wish).length === 0) fitting.add(kind);
      group = newGroup(sorted.filter(({ kind }) => fitting.has(kind)).map(({ one }) => one));
      groups.set(key, group);
    }
    last = { wish, group };
    return group;
  };
}

/**
 * What decides whether a node fits, as a key: nodes with the same one fit the same wishes, and equal wishes have the same one.
 * Each part goes with its length, so that no word of a submitter can pass for another wish.
 */
export function kindOf(one: NodeWish): string {
  return `${sized(one.machineType)}${sized(one.osType)}${sized(one.osVersion)}${sized(one.arch)}`;
}

function sized(word: string | null): string {
  return word === null ? '-' : `${word.length}:${word}`;
}

function newGroup(candidates: readonly Outlook[]): WishGroup {
  return {
    candidates,
    foreseeable: candidates.filter((outlook) => outlook.availableAt < Infinity),
    sentences: new Map(),
    reservations: 0,
    free: candidates.filter((outlook) => outlook.free),
    refused: new Map(),
  };
}

function sameWish(a: NodeWish, b: NodeWish): boolean {
  return (
    a.machineType === b.machineType &&
    a.osType === b.osType &&
    a.osVersion === b.osVersion &&
    a.arch === b.arch
  );
}

/** The nodes that a job can have now, least recently used first, which are its own number or null: not so many are free long enough. */
export function freeNodes(group: WishGroup, job: Demand, endsAt: number): readonly Outlook[] | null {
  for (const [count, seconds] of group.refused) {
    if (job.nodeCount >= count && job.maxSeconds >= seconds) return null;
  }
  const chosen: Outlook[] = [];
  let taken = 0;
  for (const outlook of group.free) {
    if (chosen.length === job.nodeCount) break;
    if (!outlook.free) taken += 1;
    else if (endsAt <= outlook.reservedFrom) chosen.push(outlook);
  }
  // Nodes that were taken meanwhile are left behind now and then, so that a plan does not walk over them for each job.
  if (taken > mostTaken) group.free = group.free.filter((outlook) => outlook.free);
  if (chosen.length === job.nodeCount) return chosen;
  group.refused.set(job.nodeCount, Math.min(job.maxSeconds, group.refused.get(job.nodeCount) ?? Infinity));
  return null;
}

const mostTaken = 64;

/** The `count` nodes that are available first; between equals, the order of the list decides. One walk over the list. */
export function firstAvailable(list: readonly Outlook[], count: number): Outlook[] {
  const first: Outlook[] = [];
  for (const outlook of list) {
    if (first.length === count && outlook.availableAt >= (first[count - 1]?.availableAt ?? 0)) continue;
    let place = first.length;
    while (place > 0 && (first[place - 1]?.availableAt ?? 0) > outlook.availableAt) place -= 1;
    first.splice(place, 0, outlook);
    if (first.length > count) first.pop();
  }
  return first;
}

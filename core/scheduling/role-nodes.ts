import { chooseForRoles } from '../locks/choose-for-roles.ts';
import type { JobWish } from '../locks/match.ts';
import { isLent } from './free-nodes.ts';
import type { Caps } from './free-nodes.ts';
import type { NodeKinds } from './node-kinds.ts';
import type { Outlook } from './outlook.ts';
import type { Pool } from './pools.ts';
import { refuse, wasRefused } from './refused.ts';
import type { Demand } from './refused.ts';
import { seatIn } from './role-places.ts';
import type { RolePlaces } from './role-places.ts';

/**
 * The nodes that such a job can have now, in the order of its places, least recently used nodes being preferred; null = not all of them.
 * Costs a look at the free nodes of the pool until there are enough of each kind.
 */
export function freeNodesForRoles(
  { pool, places }: { pool: Pool; places: RolePlaces },
  demand: Demand,
  { caps, kinds }: { caps: Caps | null; kinds: NodeKinds },
): readonly Outlook[] | null {
  if (wasRefused(pool.refused, demand) || wasRefused(places.refused, demand)) return null;
  const kindOf = (outlook: Outlook) => kinds.kindOf[outlook.place] ?? -1;
  const { usable, byLimit } = usableNodes(pool, demand, kindOf);
  const types = kinds.all.map((kind) => kind.type.index);
  const chosen = chooseForRoles({
    fits: places.fits,
    nodes: usable,
    kindOf,
    types,
    caps: caps?.left ?? null,
  });
  if (chosen === null && caps === null) refuse(places.refused, demand, byLimit);
  return chosen;
}

function usableNodes(
  pool: Pool,
  demand: Demand,
  kindOf: (outlook: Outlook) => number,
): { usable: Outlook[]; byLimit: boolean } {
  const found = new Map(pool.kinds.map((kind) => [kind.index, 0]));
  const usable: Outlook[] = [];
  let missing = found.size;
  let byLimit = false;
  for (const outlook of pool.free) {
    if (missing === 0) break;
    const count = found.get(kindOf(outlook)) ?? 0;
    if (count === demand.nodeCount || !outlook.free) continue;
    if (!isLent(outlook, demand)) {
      byLimit ||= outlook.reservedStrictly;
      continue;
    }
    usable.push(outlook);
    found.set(kindOf(outlook), count + 1);
    if (count + 1 === demand.nodeCount) missing -= 1;
  }
  return { usable, byLimit };
}

/** The part of a job that some of its places are, and the kinds of nodes that fit it. */
export function partOf<Job extends JobWish>(
  { job, pool, places }: { job: Job; pool: Pool; places: RolePlaces },
  short: readonly number[],
): { job: Job; pool: Pick<Pool, 'kinds'> } {
  const roleWishes = short.flatMap((place) => job.roleWishes?.[place] ?? []);
  const fitting = new Set(short.flatMap((place) => places.fits[place] ?? []));
  return {
    job: {
      ...job,
      machineType: [...new Set(roleWishes.map((wish) => wish.machineType))].join(),
      nodeCount: short.length,
      roleWishes,
    },
    pool: { kinds: pool.kinds.filter((kind) => fitting.has(kind.index)) },
  };
}

/** The places for which there are too few nodes that are neither taken nor kept for anybody; all of them where that is not the reason. */
export function shortNow(kinds: NodeKinds, { fits }: RolePlaces): readonly number[] {
  const result = seatIn(kinds, fits, {
    count: (kind) => kinds.clear[kind.index] ?? 0,
    cap: () => Infinity,
  });
  return result.kind === 'short' ? result.places : [...fits.keys()];
}

import type { JobWish, RoleWish } from '../locks/match.ts';
import { fittingKinds, freeOf, nodeKinds } from './node-kinds.ts';
import type { NodeKind, NodeKinds } from './node-kinds.ts';
import type { Outlook } from './outlook.ts';
import { newRefused } from './refused.ts';
import type { Refused } from './refused.ts';
import { fitsOf, rolePlaces } from './role-places.ts';
import type { RolePlaces } from './role-places.ts';
import type { TypeReach } from './type-quota.ts';
import type { Wait } from './wait.ts';
import { wishMap } from '../locks/wish-map.ts';

/** The nodes that fit a wish, and what a plan has learnt about them. Wishes that the same nodes fit share it. Changed in place by the plan. */
export interface Pool {
  readonly kinds: readonly NodeKind[];
  /** How many nodes a job could have at the most, those left for people taken off; and without anybody's doing. */
  readonly inReach: number;
  readonly foreseeable: number;
  readonly byType: readonly TypeReach[]; // the same for each machine type
  reservations: number;
  free: Outlook[]; // those that may still be taken, and some that were
  readonly refused: Refused;
  /** What the last job could have had that was not allowed to start. */
  seen: readonly Outlook[];
}

/** All jobs that wish for the same. */
export interface WishGroup {
  readonly pool: Pool; // of all nodes that fit any of them
  readonly places: RolePlaces | null; // null = their nodes are all to be the same
  /** What jobs of the group wait for that keep nothing, by their number of nodes: that never changes within a plan. */
  readonly waits: Map<number, Wait>;
}

/** Who can be served by which nodes. */
export interface Pools {
  readonly groupOf: (job: JobWish) => WishGroup;
  readonly kinds: NodeKinds;
}

/**
 * Fitting is decided once for each wish and kind of node, not for each job and node. The nodes must be in the order of their places;
 * `reserve` of each machine type are left for people.
 */
export function pools(outlook: readonly Outlook[], reserve: number): Pools {
  const kinds = nodeKinds(outlook);
  const known = new Map<string, Pool>();
  const poolOf = (fitting: readonly NodeKind[]): Pool => {
    const key = fitting.map((kind) => kind.index).join();
    const pool = known.get(key) ?? newPool(fitting, { kinds, reserve });
    known.set(key, pool);
    return pool;
  };
  const fitting = wishMap((wish) => fittingKinds(kinds, wish));
  const alike = wishMap((wish): WishGroup => {
    return { pool: poolOf(fittingKinds(kinds, wish)), places: null, waits: new Map() };
  });
  const byRoles = roleGroups((wishes) => {
    const union = new Set(wishes.flatMap(fitting));
    const pool = poolOf([...union].sort((a, b) => a.index - b.index));
    return { pool, places: rolePlaces(fitsOf(wishes, fitting), { kinds, reserve }), waits: new Map() };
  });
  return { groupOf: (job) => (job.roleWishes === null ? alike(job) : byRoles(job.roleWishes)), kinds };
}

/** One group for each different list of wishes. */
function roleGroups(
  make: (wishes: readonly RoleWish[]) => WishGroup,
): (wishes: readonly RoleWish[]) => WishGroup {
  const groups = new Map<string, WishGroup>();
  let numbers = 0;
  const numberOf = wishMap(() => numbers++);
  return (wishes) => {
    const key = wishes.map((wish) => `${numberOf(wish)} ${wish.role}`).join();
    const group = groups.get(key) ?? make(wishes);
    groups.set(key, group);
    return group;
  };
}

function newPool(
  fitting: readonly NodeKind[],
  { kinds, reserve }: { kinds: NodeKinds; reserve: number },
): Pool {
  return {
    kinds: fitting,
    ...reach(fitting, reserve),
    reservations: 0,
    free: freeOf(kinds, fitting),
    refused: newRefused(),
    seen: [],
  };
}

function reach(
  fitting: readonly NodeKind[],
  reserve: number,
): Pick<Pool, 'byType' | 'foreseeable' | 'inReach'> {
  const byType = [...new Set(fitting.map((kind) => kind.type))].map((type): TypeReach => {
    let [members, foreseeable] = [0, 0];
    for (const kind of fitting) {
      if (kind.type !== type) continue;
      members += kind.members.length;
      foreseeable += kind.foreseeable;
    }
    return {
      type,
      inReach: Math.max(0, Math.min(members, type.inAll - reserve)),
      foreseeable: Math.max(0, Math.min(foreseeable, type.foreseeable - reserve)),
    };
  });
  return {
    byType,
    inReach: byType.reduce((sum, one) => sum + one.inReach, 0),
    foreseeable: byType.reduce((sum, one) => sum + one.foreseeable, 0),
  };
}

import type { NodeWish } from '../locks/match.ts';
import { seat } from '../locks/seating.ts';
import type { Fits, Seating, Supply, Unseated } from '../locks/seating.ts';
import type { NodeKind, NodeKinds, NodeType } from './node-kinds.ts';
import { newRefused } from './refused.ts';
import type { Refused } from './refused.ts';

/** What jobs ask for whose nodes are not all to be the same, and which nodes there are for it. Changed in place by the plan. */
export interface RolePlaces {
  readonly fits: Fits; // by place, the numbers of the kinds that fit it
  readonly refused: Refused;
  /** The places that the inventory, all of it idle, has too few nodes for; empty = it has enough. Nodes left for people are taken off. */
  readonly lacking: readonly number[];
  /** The same, of nodes that come free without anybody's doing. */
  readonly held: readonly number[];
}

/** Costs two seatings; asked once for each different list of wishes. */
export function rolePlaces(
  fits: Fits,
  { kinds, reserve }: { kinds: NodeKinds; reserve: number },
): RolePlaces {
  const shortOf = (countOf: (kind: NodeKind | NodeType) => number) =>
    seatIn(kinds, fits, { count: countOf, cap: (type) => countOf(type) - reserve });
  return {
    fits,
    refused: newRefused(),
    lacking: placesOf(shortOf(inAll)),
    held: placesOf(shortOf((one) => one.foreseeable)),
  };
}

/** How many nodes of a kind or a type there are. */
export function inAll(one: NodeKind | NodeType): number {
  return 'members' in one ? one.members.length : one.inAll;
}

function placesOf(result: Seating | Unseated): readonly number[] {
  return result.kind === 'short' ? result.places : [];
}

/** Seats a job on nodes of which there are so many of each kind and may be taken so many of each type. */
export function seatIn(
  { all, types }: NodeKinds,
  fits: Fits,
  { count, cap }: { count: (kind: NodeKind) => number; cap: (type: NodeType) => number },
): Seating | Unseated {
  const supply: Supply = {
    counts: all.map(count),
    types: all.map((kind) => kind.type.index),
    caps: [...types.values()].map(cap),
  };
  return seat(fits, supply);
}

/** Which kinds fit each of the wishes. */
export function fitsOf(wishes: readonly NodeWish[], fitting: (wish: NodeWish) => readonly NodeKind[]): Fits {
  return wishes.map((wish) => fitting(wish).map((kind) => kind.index));
}

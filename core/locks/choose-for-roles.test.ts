import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseForRoles } from './choose-for-roles.ts';
import { seat } from './seating.ts';

interface Node {
  readonly kind: number;
  readonly at: number;
}

const kinds = 4;
const types = [0, 0, 1, 1]; // of each kind
const someKinds = fc.array(fc.nat(kinds - 1), { maxLength: 7 });
const someFits = fc.array(
  fc.uniqueArray(fc.nat(kinds - 1), { maxLength: kinds }).map((list) => list.sort((a, b) => a - b)),
  { maxLength: 4 },
);
const someCaps = fc.option(fc.tuple(fc.nat(4), fc.nat(4)));

const nodesOf = (list: readonly number[]): Node[] => list.map((kind, at) => ({ kind, at }));

/** Every way to give each place a node, as the places of the nodes in the list. */
function allWays(nodes: readonly Node[], fits: readonly (readonly number[])[], caps: number[] | null) {
  const ways: number[][] = [];
  const go = (taken: readonly number[]): void => {
    if (taken.length === fits.length) return void ways.push([...taken]);
    for (const { kind, at } of nodes) {
      if (taken.includes(at) || !fits[taken.length]?.includes(kind)) continue;
      const next = [...taken, at];
      const ofType = next.filter((one) => types[nodes[one]?.kind ?? 0] === types[kind]).length;
      if (caps === null || ofType <= (caps[types[kind] ?? 0] ?? 0)) go(next);
    }
  };
  go([]);
  return ways;
}

const choose = (list: readonly number[], fits: readonly (readonly number[])[], caps: number[] | null) =>
  chooseForRoles({ fits, nodes: nodesOf(list), kindOf: (node) => node.kind, types, caps });

describe('nodes for places that ask for different ones', () => {
  test('are found whenever there is a way, each fits its place, and none is taken twice', () => {
    fc.assert(
      fc.property(someKinds, someFits, someCaps, (list, fits, caps) => {
        const ways = allWays(nodesOf(list), fits, caps);
        const chosen = choose(list, fits, caps);
        const isWay = ways.some((way) => way.join() === chosen?.map(({ at }) => at).join());
        expect({ found: chosen !== null, isWay }).toEqual({ found: ways.length > 0, isWay: ways.length > 0 });
      }),
      { numRuns: 2000 },
    );
  });

  test('are those that come first in the list', () => {
    fc.assert(
      fc.property(someKinds, someFits, (list, fits) => {
        const sorted = (way: readonly number[]) => way.toSorted((a, b) => a - b).join();
        const best = allWays(nodesOf(list), fits, null).map(sorted).sort()[0];
        const chosen = choose(list, fits, null)?.map(({ at }) => at);
        expect(chosen && sorted(chosen)).toBe(best);
      }),
      { numRuns: 1000 },
    );
  });

  test('the places named as short have fewer nodes than they are', () => {
    fc.assert(
      fc.property(someKinds, someFits, (list, fits) => {
        const counts = Array.from({ length: kinds }, (_, kind) => list.filter((one) => one === kind).length);
        const result = seat(fits, { counts, types, caps: null });
        if (result.kind === 'seated') return;
        const fitting = new Set(result.places.flatMap((place) => fits[place] ?? []));
        const there = list.filter((kind) => fitting.has(kind)).length;
        expect(there).toBeLessThan(result.places.length);
      }),
    );
  });
});

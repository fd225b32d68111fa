import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interleaving } from './interleaving.ts';
import type { Int } from './exact-int.ts';

/** All places, sorted by their exact position on the line. */
function sorted(sizes: readonly number[]): { child: number; item: number }[] {
  return sizes
    .flatMap((size, child) => Array.from({ length: size }, (_, item) => ({ child, item })))
    .sort((a, b) => a.item * (sizes[b.child] ?? 1) - b.item * (sizes[a.child] ?? 1) || a.child - b.child);
}

describe('interleaving', () => {
  test('spreads lists evenly, the earlier list first where two meet', () => {
    const names = ['a', 'b', 'c', 'z'];
    const order = interleaving([3, 5, 2, 1]);
    const shown = Array.from({ length: 11 }, (_, rank) => order.at(rank)).map(
      ({ child, item }) => `${names[child]}${Number(item) + 1}`,
    );
    expect(shown.join(' ')).toBe('a1 b1 c1 z1 b2 a2 b3 c2 b4 a3 b5');
  });

  test('is the sorted order for any sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        const expected = sorted(sizes);
        const order = interleaving(sizes);
        expect(expected.map((_, rank) => order.at(rank))).toEqual(expected);
      }),
    );
  });

  test('is the same whether it is kept as a table or walked with a cursor, from any place', () => {
    const sizes = [40_000, 7, 29_999, 1, 3000]; // beyond the size of tables
    const expected = sorted(sizes);
    const order = interleaving(sizes);
    for (const start of [0, 1, 2, 36_503, 72_900, 17, expected.length - 100]) {
      for (let rank = start; rank < start + 100; rank++) expect(order.at(rank)).toEqual(expected[rank]);
    }
  });

  test('stays exact where sizes are beyond all floating point', () => {
    const sizes: Int[] = [2n ** 80n, 2n ** 80n + 1n, 3];
    const order = interleaving(sizes);
    expect(Array.from({ length: 4 }, (_, rank) => order.at(rank))).toEqual([
      { child: 0, item: 0 },
      { child: 1, item: 0 },
      { child: 2, item: 0 },
      { child: 1, item: 1 },
    ]);
    const last = 2n ** 81n + 3n;
    expect(order.at(last)).toEqual({ child: 1, item: 2n ** 80n });
    expect(order.at(last - 1n)).toEqual({ child: 0, item: 2n ** 80n - 1n });
  });
});

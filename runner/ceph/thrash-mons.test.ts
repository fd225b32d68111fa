import { describe, expect, test } from 'vitest';
import { seededRandom } from './random.ts';
import { drawRound, expendable } from './thrash-mons.ts';
import type { MonThrashLimits, MonThrashRound } from './thrash-mons.ts';

const limits: MonThrashLimits = {
  many: true,
  keepQuorum: true,
  reviveMs: 0,
  delayMs: 0,
  freezeChance: 0.5,
  freezeMs: 0,
  syncChance: 0.5,
  scrub: false,
};
const names = ['mon.a', 'mon.b', 'mon.c', 'mon.d', 'mon.e'];

function rounds(seed: number, given: Partial<MonThrashLimits> = {}): MonThrashRound[] {
  const random = seededRandom(seed);
  return Array.from({ length: 200 }, () => drawRound(random, names, { ...limits, ...given }));
}

describe('a round of mon_thrash', () => {
  test.each([
    [1, 0],
    [3, 1],
    [4, 1],
    [5, 2],
    [7, 3],
  ])('of %d monitors %d may die', (mons, dead) => {
    expect(expendable(mons)).toBe(dead);
  });

  test('is the same for the same seed, and another for another', () => {
    expect(rounds(7)).toEqual(rounds(7));
    expect(rounds(7)).not.toEqual(rounds(8));
  });

  test('kills as many as may die and no more, and freezes only what lives', () => {
    const killed = new Set<number>();
    for (const { kill, freeze, sync } of rounds(1)) {
      killed.add(kill.length);
      expect(new Set([...kill, ...freeze]).size).toBe(kill.length + freeze.length);
      expect(kill).toEqual(expect.arrayContaining([...sync]));
    }
    expect([...killed].sort()).toEqual([1, 2]);
  });

  test('kills one at a time unless told otherwise, and all only without the quorum', () => {
    expect(rounds(2, { many: false }).every(({ kill }) => kill.length === 1)).toBe(true);
    expect(rounds(2, { keepQuorum: false }).some(({ kill }) => kill.length === names.length)).toBe(true);
  });

  test('freezes nobody and copies no store when there is no chance of it', () => {
    const quiet = rounds(3, { freezeChance: 0, syncChance: 0 });
    expect(quiet.flatMap(({ freeze, sync }) => [...freeze, ...sync])).toEqual([]);
  });
});

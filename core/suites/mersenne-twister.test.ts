import { describe, expect, test } from 'vitest';
import { pythonRandom } from './mersenne-twister.ts';

const drawn = (seed: number | bigint, bound: number, times: number): (number | bigint)[] => {
  const generator = pythonRandom(seed);
  return Array.from({ length: times }, () => generator.below(bound));
};

describe('numbers are those of Python', () => {
  test.each([
    [0, [3626764237, 1654615998, 3255389356, 3823568514]],
    [1, [577090037, 2444712010]],
    [42, [2746317213]],
    [123456789012, [1619264890, 2798649831]],
  ])('for seed %i, in whole words', (seed, expected) => {
    // A bound of 2^32 - 1 needs 32 bits, so that each draw is one word of the generator unless it is the greatest.
    expect(drawn(seed, 2 ** 32 - 1, expected.length)).toEqual(expected);
  });

  test('in small ranges', () => {
    expect(drawn(0, 3, 8)).toEqual([1, 1, 0, 1, 2, 1, 1, 1]);
    expect(drawn(42, 3, 8)).toEqual([2, 0, 0, 2, 1, 0, 0, 0]);
  });

  test.each([
    [0, 4],
    [1, 1],
    [42, 3],
  ])('for seed %i after three choices of one', (seed, expected) => {
    const generator = pythonRandom(seed);
    for (let i = 0; i < 3; i++) expect(generator.below(1)).toBe(0);
    expect(generator.below(10)).toBe(expected);
  });
});

test('the sign of a seed does not count, its size has no limit', () => {
  expect(drawn(-3, 1000, 5)).toEqual(drawn(3, 1000, 5));
  expect(drawn(2n ** 100n, 1000, 5)).not.toEqual(drawn(2n ** 100n + 1n, 1000, 5));
});

test('a bound beyond 32 bits is met', () => {
  const generator = pythonRandom(5);
  const values = Array.from({ length: 50 }, () => generator.below(2n ** 70n));
  expect(values.every((value) => value >= 0 && value < 2n ** 70n)).toBe(true);
  expect(values.some((value) => value > 2n ** 65n)).toBe(true);
});

test('a clone goes on from where it was taken, without moving the first', () => {
  const generator = pythonRandom(9);
  for (let i = 0; i < 700; i++) generator.below(10);
  const clone = generator.clone();
  const ahead = Array.from({ length: 700 }, () => clone.below(1000));
  expect(Array.from({ length: 700 }, () => generator.below(1000))).toEqual(ahead);
});

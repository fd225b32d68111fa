import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  add,
  ceilDivide,
  compare,
  floorDivide,
  greatestCommonDivisor,
  modulo,
  multiply,
  normalise,
  subtract,
} from './exact-int.ts';

const anyInt = fc.oneof(
  fc.bigInt(-(2n ** 70n), 2n ** 70n),
  fc.bigInt(-20n, 20n),
  fc.constantFrom(2n ** 53n, 2n ** 53n - 1n),
);
const positive = fc.oneof(fc.bigInt(1n, 2n ** 60n), fc.bigInt(1n, 20n));

test('all operations agree with bigint arithmetic and give the canonical form', () => {
  fc.assert(
    fc.property(anyInt, anyInt, positive, (a, b, n) => {
      const [x, y, m] = [a, b, n].map(normalise) as [number, number, number];
      expect(add(x, y)).toBe(normalise(a + b));
      expect(subtract(x, y)).toBe(normalise(a - b));
      expect(multiply(x, y)).toBe(normalise(a * b));
      const rest = ((a % n) + n) % n;
      expect(modulo(x, m)).toBe(normalise(rest));
      expect(floorDivide(x, m)).toBe(normalise((a - rest) / n));
      expect(ceilDivide(x, m)).toBe(normalise((a - rest) / n + (rest === 0n ? 0n : 1n)));
      expect(Math.sign(compare(x, y))).toBe(a < b ? -1 : Number(a > b));
    }),
  );
});

test('division is exact next to the border of what a number holds', () => {
  for (const quotient of [1, 2, 3, 2 ** 26]) {
    const divisor = Math.floor(Number.MAX_SAFE_INTEGER / quotient);
    expect(floorDivide(divisor * quotient - 1, divisor)).toBe(quotient - 1);
    expect(floorDivide(divisor * quotient, divisor)).toBe(quotient);
  }
});

test('the greatest common divisor divides both', () => {
  expect(greatestCommonDivisor(12, 18)).toBe(6);
  expect(greatestCommonDivisor(7, 0)).toBe(7);
  expect(greatestCommonDivisor(2n ** 80n, 2n ** 70n)).toBe(2n ** 70n);
});

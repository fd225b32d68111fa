/**
 * Whole numbers of any size. Products of facets soon leave the 53 bits that a number holds exactly, but nearly all
 * suites stay below: a value is a number where that is exact and a bigint only beyond.
 */
export type Int = number | bigint;

/** The canonical form: a number whenever it is a safe integer, so that `===` compares values. */
export function normalise(value: bigint): Int {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

export function add(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return normalise(BigInt(a) + BigInt(b));
}

export function subtract(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return normalise(BigInt(a) - BigInt(b));
}

export function multiply(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b + 0; // no negative zero
    if (Number.isSafeInteger(product)) return product;
  }
  return normalise(BigInt(a) * BigInt(b));
}

/** `a` modulo a positive `b`: never negative, as in Python. */
export function modulo(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const rest = a % b;
    return rest < 0 ? rest + b : rest === 0 ? 0 : rest;
  }
  const rest = BigInt(a) % BigInt(b);
  return normalise(rest < 0n ? rest + BigInt(b) : rest);
}

/** The quotient rounded down, for a positive `b`. */
export function floorDivide(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    // Taking the rest away first makes the division exact: a / b alone may round up to the next integer.
    if (a >= 0) return (a - (a % b)) / b;
  }
  const left = BigInt(a);
  const right = BigInt(b);
  const quotient = left / right;
  return normalise(left % right < 0n ? quotient - 1n : quotient);
}

/** The quotient rounded up, for a positive `b`. */
export function ceilDivide(a: Int, b: Int): Int {
  return floorDivide(add(a, subtract(b, 1)), b);
}

export function greatestCommonDivisor(a: Int, b: Int): Int {
  let left = a;
  let right = b;
  while (right !== 0) [left, right] = [right, modulo(left, right)];
  return left;
}

export function smaller(a: Int, b: Int): Int {
  return a <= b ? a : b;
}

export function larger(a: Int, b: Int): Int {
  return a >= b ? a : b;
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compare(a: Int, b: Int): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

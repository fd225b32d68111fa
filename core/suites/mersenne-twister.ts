import { normalise } from './exact-int.ts';
import type { Int } from './exact-int.ts';

const LENGTH = 624;
const SHIFT = 397;

/** A generator whose numbers are those of Python's `random` module for the same seed. */
export interface PythonRandom {
  /** A whole number from 0 to `bound - 1`, drawn as Python's `randint` draws it: even a bound of 1 consumes numbers. */
  below(bound: Int): Int;
  /** The generator as it is now, to be drawn from without moving this one. */
  clone(): PythonRandom;
}

/** Seeds MT19937 as `random.seed(int)` does; only the absolute value counts. */
export function pythonRandom(seed: Int): PythonRandom {
  return generator(seededState(seedWords(seed)), LENGTH);
}

function generator(state: Uint32Array, start: number): PythonRandom {
  let position = start;
  const next = (): number => {
    if (position === LENGTH) {
      twist(state);
      position = 0;
    }
    return temper(state[position++]!);
  };
  return {
    below: (bound) => {
      const bits = bitLength(bound);
      for (;;) {
        const drawn = bits <= 32 ? next() >>> (32 - bits) : wideBits(next, bits);
        if (drawn < bound) return drawn;
      }
    },
    clone: () => generator(state.slice(), position),
  };
}

function bitLength(value: Int): number {
  if (typeof value === 'number' && value < 2 ** 32) return 32 - Math.clz32(value);
  return BigInt(value).toString(2).length;
}

/** More than 32 bits: whole words, the least significant first, the last one cut at its top. */
function wideBits(next: () => number, bits: number): Int {
  let value = 0n;
  for (let done = 0; done < bits; done += 32) {
    const word = bits - done >= 32 ? next() : next() >>> (32 - (bits - done));
    value |= BigInt(word) << BigInt(done);
  }
  return normalise(value);
}

function seedWords(seed: Int): number[] {
  let rest = BigInt(seed);
  if (rest < 0n) rest = -rest;
  const words: number[] = [];
  do {
    words.push(Number(rest & 0xffffffffn));
    rest >>= 32n;
  } while (rest > 0n);
  return words;
}

/** The reference `init_by_array`. */
function seededState(words: readonly number[]): Uint32Array {
  const state = new Uint32Array(LENGTH);
  state[0] = 19650218;
  for (let i = 1; i < LENGTH; i++) state[i] = scramble(state, i, 1812433253) + i;
  let i = 1;
  let word = 0;
  for (let k = Math.max(LENGTH, words.length); k > 0; k--) {
    state[i] = (state[i]! ^ scramble(state, i, 1664525)) + words[word]! + word;
    i = wrap(state, i + 1);
    word = (word + 1) % words.length;
  }
  for (let k = LENGTH - 1; k > 0; k--) {
    state[i] = (state[i]! ^ scramble(state, i, 1566083941)) - i;
    i = wrap(state, i + 1);
  }
  state[0] = 0x80000000;
  return state;
}

function scramble(state: Uint32Array, i: number, factor: number): number {
  const before = state[i - 1]!;
  return Math.imul(before ^ (before >>> 30), factor);
}

function wrap(state: Uint32Array, i: number): number {
  if (i < LENGTH) return i;
  state[0] = state[LENGTH - 1]!;
  return 1;
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < LENGTH; i++) {
    const mixed = (state[i]! & 0x80000000) | (state[(i + 1) % LENGTH]! & 0x7fffffff);
    state[i] = state[(i + SHIFT) % LENGTH]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
  }
}

function temper(word: number): number {
  let value = word;
  value ^= value >>> 11;
  value ^= (value << 7) & 0x9d2c5680;
  value ^= (value << 15) & 0xefc60000;
  value ^= value >>> 18;
  return value >>> 0;
}

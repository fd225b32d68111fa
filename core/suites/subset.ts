import { normalise } from './exact-int.ts';
import type { Int } from './exact-int.ts';
import { SubsetError } from './errors.ts';

/** Part `which` (from 0) of a suite cut into `of` parts. `of` below 2 is no cut at all. */
export interface Subset {
  readonly which: Int;
  readonly of: Int;
}

const space = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*';
const integer = new RegExp(`^${space}([+-]?)([0-9]+(?:_[0-9]+)*)${space}$`);

/** What Python's `int()` makes of a text, or null where it refuses: spaces around, a sign and single `_` between digits are fine. */
export function parsePythonInt(text: string): Int | null {
  const match = integer.exec(text);
  if (match === null) return null;
  const value = BigInt(match[2]!.replaceAll('_', ''));
  return normalise(match[1] === '-' ? -value : value);
}

/** Reads `M/N` as `--subset` has it; M counts from 0. Throws SubsetError. */
export function parseSubset(text: string): Subset {
  const parts = text.split('/');
  const [which, of] = parts.map(parsePythonInt);
  if (
    parts.length !== 2 ||
    typeof which === 'undefined' ||
    which === null ||
    of === null ||
    of === undefined
  ) {
    throw new SubsetError({
      subset: text,
      reason: 'must be M/N, two whole numbers',
      originalError: 'ValueError',
    });
  }
  return { which, of };
}

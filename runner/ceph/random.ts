/** A source of chances that a seed determines: the same seed gives the same sequence on every machine. */
export interface Random {
  /** A number from 0 up to, but without, 1. */
  next(): number;
  /** One of the items; throws for none. */
  pick<T>(items: readonly T[]): T;
  /** One of the items, by weights that need not add up to anything. */
  weighted<T>(items: readonly (readonly [T, number])[]): T;
}

/** Makes one from a whole number (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new RangeError('there is nothing to pick from');
    return items[Math.floor(next() * items.length)] as T;
  };
  return {
    next,
    pick,
    weighted(items) {
      let left = next() * items.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [item, weight] of items) {
        left -= weight;
        if (left < 0) return item;
      }
      return pick(items)[0];
    },
  };
}

import type { NodeWish } from './match.ts';

/**
 * One value for each different wish, made when it is first asked for. What decides whether a node fits is what makes wishes equal,
 * so that nodes, too, can be told apart by it. Costs no text, since it is asked once for each job of a long queue.
 */
export function wishMap<T>(make: (wish: NodeWish) => T): (wish: NodeWish) => T {
  const types = new Map<string, Map<string | null, Map<string | null, Map<string | null, T>>>>();
  let last: { wish: NodeWish; value: T } | null = null;
  return (wish) => {
    // Neighbours in the queue mostly come from one suite and wish for the same.
    if (last !== null && sameWish(last.wish, wish)) return last.value;
    const systems = within(types, wish.machineType);
    const values = within(within(systems, wish.osType), wish.osVersion);
    let value = values.get(wish.arch);
    if (value === undefined) {
      value = make(wish);
      values.set(wish.arch, value);
    }
    last = { wish, value };
    return value;
  };
}

function within<Key, Inner, Value>(map: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  let inner = map.get(key);
  if (inner === undefined) {
    inner = new Map();
    map.set(key, inner);
  }
  return inner;
}

function sameWish(a: NodeWish, b: NodeWish): boolean {
  return (
    a.machineType === b.machineType &&
    a.osType === b.osType &&
    a.osVersion === b.osVersion &&
    a.arch === b.arch
  );
}

import { add, ceilDivide, floorDivide, larger, multiply, smaller, subtract } from './exact-int.ts';
import type { Int } from './exact-int.ts';

/** Item `item` of list `child`. */
export interface Place {
  readonly child: number;
  readonly item: Int;
}

/**
 * The merged order of several lists whose items lie evenly spaced on one line: item k of a list of size s lies at k/s, and
 * where two meet the earlier list comes first. Small orders are kept as a table; of large ones only a cursor is kept, so
 * that walking forward costs a step and memory does not grow with the lists. Sizes are positive.
 */
export function interleaving(sizes: readonly Int[]): { at(rank: Int): Place } {
  const total = sizes.reduce(add, 0);
  const cursor = startCursor(sizes, total);
  if (total > TABLE_LIMIT) return cursor;
  const children = new Uint32Array(Number(total));
  const items = new Uint32Array(Number(total));
  for (let rank = 0; rank < children.length; rank++) {
    const place = cursor.at(rank);
    children[rank] = place.child;
    items[rank] = Number(place.item);
  }
  return { at: (rank) => ({ child: children[Number(rank)]!, item: items[Number(rank)]! }) };
}

const TABLE_LIMIT = 65_536;

function startCursor(sizes: readonly Int[], total: Int): { at(rank: Int): Place } {
  const before = orderOf(sizes);
  let counts: Int[] = [];
  let heap: number[] = [];
  let position: Int | null = null; // null = not placed yet
  const place = (rank: Int): void => {
    counts = sizes.map((_, child) => countBefore({ sizes, total, child, rank }));
    heap = sizes.map((_, child) => child).sort((a, b) => (before(counts, a, b) ? -1 : 1));
    position = rank;
  };
  return {
    at: (rank) => {
      if (position !== rank) place(rank);
      const child = heap[0]!;
      const item = counts[child]!;
      counts[child] = add(item, 1);
      siftDown(heap, (a, b) => before(counts, a, b));
      position = add(rank, 1);
      return { child, item };
    },
  };
}

/**
 * Which of two lists goes first. Quotients of whole numbers below 2^25 differ by more than their rounding, so plain division
 * decides exactly; beyond, the products are compared.
 */
function orderOf(sizes: readonly Int[]): (counts: readonly Int[], a: number, b: number) => boolean {
  if (sizes.every((size) => size < 2 ** 25)) {
    const numbers = sizes.map(Number);
    return (counts, a, b) => {
      const left = (counts[a] as number) / numbers[a]!;
      const right = (counts[b] as number) / numbers[b]!;
      return left === right ? a < b : left < right;
    };
  }
  return (counts, a, b) => {
    const left = multiply(counts[a]!, sizes[b]!);
    const right = multiply(counts[b]!, sizes[a]!);
    return left === right ? a < b : left < right;
  };
}

/** How many items of a list are among the first `rank` of all. */
function countBefore(params: { sizes: readonly Int[]; total: Int; child: number; rank: Int }): Int {
  const { sizes, total, child, rank } = params;
  const size = sizes[child]!;
  // An item's rank is at least its share of the total, and at most one more for each list.
  const lowest = floorDivide(multiply(subtract(rank, sizes.length), size), total);
  let low = larger(0, lowest);
  let high = smaller(size, ceilDivide(multiply(rank, size), total));
  while (low < high) {
    const middle = floorDivide(add(low, high), 2);
    if (rankOf({ sizes, child, item: middle }) < rank) low = add(middle, 1);
    else high = middle;
  }
  return low;
}

function rankOf(params: { sizes: readonly Int[]; child: number; item: Int }): Int {
  const { sizes, child, item } = params;
  let rank = item;
  for (let other = 0; other < sizes.length; other++) {
    if (other === child) continue;
    const product = multiply(item, sizes[other]!);
    const earlier =
      other < child ? add(floorDivide(product, sizes[child]!), 1) : ceilDivide(product, sizes[child]!);
    rank = add(rank, earlier);
  }
  return rank;
}

function siftDown(heap: number[], before: (a: number, b: number) => boolean): void {
  const moved = heap[0]!;
  let hole = 0;
  for (;;) {
    const left = 2 * hole + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const next = right < heap.length && before(heap[right]!, heap[left]!) ? right : left;
    if (before(moved, heap[next]!)) break;
    heap[hole] = heap[next]!;
    hole = next;
  }
  heap[hole] = moved;
}

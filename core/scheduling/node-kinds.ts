import { machineTypes, mismatches } from '../locks/match.ts';
import type { NodeWish } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import type { Outlook } from './outlook.ts';
import { wishMap } from './wish-map.ts';

/** Nodes that no wish can tell apart: a lab has many nodes of few kinds. */
export interface NodeKind {
  readonly sample: Node;
  readonly index: number; // among the kinds of the plan
  readonly members: Outlook[]; // least recently used first
  /** The members that come free some day, as a binary heap by `heapKey` and place; null = nobody asked yet. */
  heap: Outlook[] | null;
}

/** The kinds of the nodes, by machine type, and the number of each node's kind. */
export interface NodeKinds {
  readonly byType: ReadonlyMap<string, readonly NodeKind[]>;
  readonly all: readonly NodeKind[];
  readonly kindOf: readonly number[]; // by the node's place
  /** By the number of the kind, how many of its nodes are neither taken nor kept for anybody. */
  readonly clear: Int32Array;
}

/** Sorts nodes into kinds; they must be in the order of their places. */
export function nodeKinds(outlook: readonly Outlook[]): NodeKinds {
  const all: NodeKind[] = [];
  const kindFor = wishMap((kind): NodeKind => {
    const made = { sample: kind as Node, index: all.length, members: [], heap: null };
    all.push(made);
    return made;
  });
  const kindOf = outlook.map((one) => {
    const kind = kindFor(one.node);
    kind.members.push(one);
    return kind.index;
  });
  const byType = new Map<string, NodeKind[]>();
  for (const kind of all) {
    const ofType = byType.get(kind.sample.machineType) ?? [];
    ofType.push(kind);
    byType.set(kind.sample.machineType, ofType);
  }
  const clear = Int32Array.from(all, (kind) => kind.members.filter(isClear).length);
  return { byType, all, kindOf, clear };
}

function isClear(outlook: Outlook): boolean {
  return outlook.free && outlook.reservedFor === null;
}

/** Must be called before a node is taken or kept. */
export function notClear({ clear, kindOf }: NodeKinds, outlook: Outlook): void {
  const kind = kindOf[outlook.place] ?? -1;
  if (isClear(outlook)) clear[kind] = (clear[kind] ?? 0) - 1;
}

/** The kinds that fit a wish, in the order of their numbers. */
export function fittingKinds({ byType }: NodeKinds, wish: NodeWish): NodeKind[] {
  return [...new Set(machineTypes(wish.machineType))]
    .flatMap((type) => byType.get(type) ?? [])
    .filter((kind) => mismatches(kind.sample, wish).length === 0)
    .sort((a, b) => a.index - b.index);
}

/**
 * Takes the `count` nodes that are available first from the heaps of some kinds; between equals, the least recently used. They must
 * be put back with `returnToHeaps`, when it is known how long they are taken. Fewer when there are not so many.
 */
export function takeFirstAvailable(kinds: readonly NodeKind[], count: number): Outlook[] {
  const chosen: Outlook[] = [];
  while (chosen.length < count) {
    let best: NodeKind | null = null;
    let top: Outlook | null = null;
    for (const kind of kinds) {
      const candidate = topOf(kind);
      if (candidate !== null && (top === null || isBefore(candidate, top))) [best, top] = [kind, candidate];
    }
    if (best === null || top === null) break;
    removeTop(best.heap ?? []);
    chosen.push(top);
  }
  return chosen;
}

/** Puts back what `takeFirstAvailable` took. */
export function returnToHeaps({ all, kindOf }: NodeKinds, nodes: readonly Outlook[]): void {
  for (const outlook of nodes) {
    const heap = all[kindOf[outlook.place] ?? -1]?.heap;
    if (heap === undefined || heap === null) throw new Error(`node '${outlook.node.name}' was in no heap`);
    outlook.heapKey = outlook.availableAt;
    heap.push(outlook);
    siftUp(heap, heap.length - 1);
  }
}

/** The first of a heap. Nodes that were given away since they were put in are moved to their places first: they only get later. */
function topOf(kind: NodeKind): Outlook | null {
  const heap = (kind.heap ??= newHeap(kind.members));
  for (;;) {
    const [top] = heap;
    if (top === undefined) return null;
    if (top.heapKey === top.availableAt) return top;
    top.heapKey = top.availableAt;
    siftDown(heap, 0);
  }
}

function newHeap(members: readonly Outlook[]): Outlook[] {
  const heap = members.filter((outlook) => outlook.availableAt < Infinity);
  for (const outlook of heap) outlook.heapKey = outlook.availableAt;
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) siftDown(heap, i);
  return heap;
}

function removeTop(heap: Outlook[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  siftDown(heap, 0);
}

function siftUp(heap: Outlook[], from: number): void {
  for (let i = from; i > 0;) {
    const parent = (i - 1) >> 1;
    if (!swapped(heap, parent, i)) return;
    i = parent;
  }
}

function siftDown(heap: Outlook[], from: number): void {
  for (let i = from; ;) {
    const left = 2 * i + 1;
    const [a, b] = [heap[left], heap[left + 1]];
    if (a === undefined) return;
    const least = b !== undefined && isBefore(b, a) ? left + 1 : left;
    if (!swapped(heap, i, least)) return;
    i = least;
  }
}

/** Whether the lower of two was before the upper, and now is not. */
function swapped(heap: Outlook[], upper: number, lower: number): boolean {
  const [a, b] = [heap[upper], heap[lower]];
  if (a === undefined || b === undefined || !isBefore(b, a)) return false;
  heap[upper] = b;
  heap[lower] = a;
  return true;
}

function isBefore(a: Outlook, b: Outlook): boolean {
  return a.heapKey < b.heapKey || (a.heapKey === b.heapKey && a.place < b.place);
}

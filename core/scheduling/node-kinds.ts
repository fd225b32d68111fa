import { machineTypes, mismatches } from '../locks/match.ts';
import type { NodeWish } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import { heapify, popHeap, pushHeap, siftDown } from './heap.ts';
import type { Outlook } from './outlook.ts';
import { wishMap } from '../locks/wish-map.ts';

/** Nodes that no wish can tell apart: a lab has many nodes of few kinds. */
export interface NodeKind {
  readonly sample: Node;
  readonly index: number; // among the kinds of the plan
  readonly type: NodeType;
  readonly members: Outlook[]; // least recently used first
  foreseeable: number; // of them come free without anybody's doing
  /** The members that come free some day, as a binary heap by `heapKey` and place; null = nobody asked yet. */
  heap: Outlook[] | null;
}

/** All nodes of a machine type. Changed in place by the plan. */
export interface NodeType {
  readonly name: string;
  readonly index: number; // among the types of the plan
  readonly kinds: NodeKind[];
  inAll: number;
  foreseeable: number; // that come free without anybody's doing
  free: number; // and not given to anybody by this plan
}

/** The kinds of the nodes, by machine type, and the number of each node's kind. */
export interface NodeKinds {
  readonly types: ReadonlyMap<string, NodeType>;
  readonly all: readonly NodeKind[];
  readonly nodes: readonly Outlook[]; // by their places
  readonly kindOf: Int32Array; // by the node's place
  /** By the number of the kind, how many of its nodes are neither taken nor kept for anybody. */
  readonly clear: Int32Array;
}

/** Sorts nodes into kinds; they must be in the order of their places. */
export function nodeKinds(outlook: readonly Outlook[]): NodeKinds {
  const all: NodeKind[] = [];
  const types = new Map<string, NodeType>();
  const kindFor = wishMap((kind): NodeKind => {
    const type = typeNamed(types, kind.machineType);
    const made = { sample: kind as Node, index: all.length, type, members: [], foreseeable: 0, heap: null };
    all.push(made);
    type.kinds.push(made);
    return made;
  });
  const kindOf = new Int32Array(outlook.length);
  for (const one of outlook) {
    const kind = kindFor(one.node);
    kind.members.push(one);
    kind.type.inAll += 1;
    if (one.likelyAt < Infinity) {
      kind.foreseeable += 1;
      kind.type.foreseeable += 1;
    }
    if (one.free) kind.type.free += 1;
    kindOf[one.place] = kind.index;
  }
  const clear = Int32Array.from(all, (kind) => kind.members.filter(isClear).length);
  return { types, all, nodes: outlook, kindOf, clear };
}

function typeNamed(types: Map<string, NodeType>, name: string): NodeType {
  const known = types.get(name);
  if (known !== undefined) return known;
  const made = { name, index: types.size, kinds: [], inAll: 0, foreseeable: 0, free: 0 };
  types.set(name, made);
  return made;
}

/** The nodes of some kinds, least recently used first. Of several kinds it costs a look at each node of the lab, though a small one. */
export function* nodesOfKinds(
  { all, nodes, kindOf }: NodeKinds,
  kinds: readonly NodeKind[],
): Generator<Outlook, void, undefined> {
  const [only, second] = kinds;
  if (only === undefined) return;
  if (second === undefined) return yield* only.members;
  const fits = new Uint8Array(all.length);
  for (const kind of kinds) fits[kind.index] = 1;
  for (let place = 0; place < kindOf.length; place++) {
    const node = nodes[place];
    if (fits[kindOf[place] ?? -1] === 1 && node !== undefined) yield node;
  }
}

/** Those of `nodesOfKinds` that are free. Not by way of it: this is asked once for each different wish of a long queue. */
export function freeOf({ all, nodes, kindOf }: NodeKinds, kinds: readonly NodeKind[]): Outlook[] {
  const [only, second] = kinds;
  if (only === undefined) return [];
  if (second === undefined) return only.members.filter((one) => one.free);
  const fits = new Uint8Array(all.length);
  for (const kind of kinds) fits[kind.index] = 1;
  const free: Outlook[] = [];
  for (let place = 0; place < kindOf.length; place++) {
    if (fits[kindOf[place] ?? -1] !== 1) continue;
    const node = nodes[place];
    if (node?.free) free.push(node);
  }
  return free;
}

/** The kind of a node. */
export function kindAt({ all, kindOf }: NodeKinds, outlook: Outlook): NodeKind {
  const kind = all[kindOf[outlook.place] ?? -1];
  if (kind === undefined) throw new Error(`node '${outlook.node.name}' is of no kind`);
  return kind;
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
export function fittingKinds({ types }: NodeKinds, wish: NodeWish): NodeKind[] {
  return [...new Set(machineTypes(wish.machineType))]
    .flatMap((type) => types.get(type)?.kinds ?? [])
    .filter((kind) => mismatches(kind.sample, wish).length === 0)
    .sort((a, b) => a.index - b.index);
}

/**
 * Takes the `count` nodes that are available first from the heaps of some kinds; between equals, the least recently used. They must
 * be put back with `returnToHeaps`, when it is known how long they are taken. Fewer when there are not so many. Kinds that `accepts` refuses
 * once are not offered again.
 */
export function takeFirstAvailable(
  kinds: readonly NodeKind[],
  count: number,
  accepts: ((kind: NodeKind) => boolean) | null = null,
): Outlook[] {
  const chosen: Outlook[] = [];
  let offered = kinds;
  while (chosen.length < count) {
    let best: NodeKind | null = null;
    let top: Outlook | null = null;
    for (const kind of offered) {
      const candidate = topOf(kind);
      if (candidate !== null && (top === null || isBefore(candidate, top))) [best, top] = [kind, candidate];
    }
    if (best === null || top === null) break;
    if (accepts !== null && !accepts(best)) {
      const refused = best;
      offered = offered.filter((kind) => kind !== refused);
      continue;
    }
    popHeap(best.heap ?? [], isBefore);
    chosen.push(top);
  }
  return chosen;
}

/** Puts back what `takeFirstAvailable` took. */
export function returnToHeaps(kinds: NodeKinds, nodes: readonly Outlook[]): void {
  for (const outlook of nodes) {
    outlook.heapKey = outlook.likelyAt;
    pushHeap((kindAt(kinds, outlook).heap ??= []), outlook, isBefore);
  }
}

/** The first of a heap. Nodes that were given away since they were put in are moved to their places first: they only get later. */
function topOf(kind: NodeKind): Outlook | null {
  const heap = (kind.heap ??= newHeap(kind.members));
  for (;;) {
    const [top] = heap;
    if (top === undefined) return null;
    if (top.heapKey === top.likelyAt) return top;
    top.heapKey = top.likelyAt;
    siftDown(heap, 0, isBefore);
  }
}

function newHeap(members: readonly Outlook[]): Outlook[] {
  const heap = members.filter((outlook) => outlook.likelyAt < Infinity);
  for (const outlook of heap) outlook.heapKey = outlook.likelyAt;
  return heapify(heap, isBefore);
}

function isBefore(a: Outlook, b: Outlook): boolean {
  return a.heapKey < b.heapKey || (a.heapKey === b.heapKey && a.place < b.place);
}

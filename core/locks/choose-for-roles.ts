import { seat } from './seating.ts';
import type { Fits, Supply } from './seating.ts';

/**
 * A node for each place of a job, in the order of the places; of all ways that there are, one with the nodes that come first in the list.
 * Null when there is none. Costs a look at each node, and `seat`.
 */
export function chooseForRoles<T>(params: {
  fits: Fits;
  nodes: readonly T[]; // the best first
  kindOf: (node: T) => number;
  types: Supply['types'];
  caps: Supply['caps'];
}): T[] | null {
  const { fits, nodes, kindOf, types, caps } = params;
  const counts: number[] = [];
  for (const node of nodes) counts[kindOf(node)] = (counts[kindOf(node)] ?? 0) + 1;
  const seating = seat(fits, { counts, types, caps });
  if (seating.kind === 'short') return null;
  const chosen = new Map<number, T[]>();
  const refused = new Set<number>();
  let missing = fits.length;
  for (const node of nodes) {
    if (missing === 0) break;
    const kind = kindOf(node);
    if (refused.has(kind)) continue;
    if (!seating.promise(kind)) {
      refused.add(kind);
      continue;
    }
    missing -= 1;
    const ofKind = chosen.get(kind);
    if (ofKind === undefined) chosen.set(kind, [node]);
    else ofKind.push(node);
  }
  return seating.kindOf.map((kind) => {
    const node = chosen.get(kind)?.shift();
    if (node === undefined) throw new Error('a place has no node, though all were seated');
    return node;
  });
}

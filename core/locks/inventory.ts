import { chooseForRoles } from './choose-for-roles.ts';
import { mismatches } from './match.ts';
import type { JobWish, NodeWish } from './match.ts';
import type { Node } from './node.ts';
import type { Fits } from './seating.ts';
import { wishMap } from './wish-map.ts';

/** An inventory sorted into kinds of nodes that no wish can tell apart, so that wishes are held against kinds, not against nodes. */
export interface Inventory {
  /** How many nodes fit a wish. One step a kind when it is first asked, then none. */
  readonly fitting: (wish: NodeWish) => number;
  /** A node for each wish, in their order, of those first in the inventory; null when there is no way. */
  readonly choose: (wishes: readonly NodeWish[]) => readonly Node[] | null;
}

/** Costs one step a node. */
export function inventoryOf(nodes: readonly Node[]): Inventory {
  const kinds: Node[][] = [];
  const kindFor = wishMap(() => kinds.push([]) - 1);
  const kindOf = (node: Node) => kindFor(node);
  for (const node of nodes) kinds[kindOf(node)]?.push(node);
  const samples = kinds.flatMap(([sample]) => sample ?? []);
  const fitsOf = wishMap((wish) => {
    return samples.flatMap((sample, kind) => (mismatches(sample, wish).length === 0 ? [kind] : []));
  });
  return {
    fitting: (wish) => fitsOf(wish).reduce((sum, kind) => sum + (kinds[kind]?.length ?? 0), 0),
    choose: (wishes) => {
      const fits: Fits = wishes.map(fitsOf);
      return chooseForRoles({ fits, nodes, kindOf, types: [], caps: null });
    },
  };
}

/** Whether an inventory, all of it idle, has the nodes of a job; quarantined ones must have been left out. */
export function canEverServe(inventory: Inventory, job: JobWish): boolean {
  const { nodeCount, roleWishes } = job;
  if (roleWishes === null) return inventory.fitting(job) >= nodeCount;
  return inventory.choose(roleWishes) !== null;
}

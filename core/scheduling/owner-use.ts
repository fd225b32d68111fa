import type { Node } from '../locks/node.ts';

/** What each owner has: nodes locked for his jobs or by himself, and what the plan gives to his jobs or keeps for them. Changed in place by the plan. */
export interface OwnerUse {
  readonly all: Use;
  readonly byType: Map<string, Use>;
  /** The first of his jobs that waits for his quota: those behind it may not take what it waits for. */
  waitsFor: { jobId: number; all: boolean; types: readonly string[] } | null;
  /** The first of his jobs for which nodes are kept. */
  keptFor: number | null;
}

interface Use {
  nodes: number;
  forGood: number; // of them, those that he has locked without an end
  kept: number; // more, that are kept for jobs of his
}

/** Looks up the use of an owner. */
export function ownerUses(nodes: readonly Node[]): (owner: string) => OwnerUse {
  const uses = new Map<string, OwnerUse>();
  const useOf = (owner: string): OwnerUse => {
    const known = uses.get(owner);
    if (known !== undefined) return known;
    const made: OwnerUse = { all: noUse(), byType: new Map(), waitsFor: null, keptFor: null };
    uses.set(owner, made);
    return made;
  };
  for (const { lock, machineType } of nodes) {
    if (lock === null) continue;
    const use = useOf(lock.owner);
    const forGood = lock.job === null && lock.leaseUntil === null ? 1 : 0;
    for (const each of [use.all, useOfType(use, machineType)]) {
      each.nodes += 1;
      each.forGood += forGood;
    }
  }
  return useOf;
}

/** Counts nodes that the plan has given to a job of the owner. */
export function addUse(use: OwnerUse, types: readonly string[]): void {
  use.all.nodes += types.length;
  for (const type of types) useOfType(use, type).nodes += 1;
}

/** Counts nodes that the plan keeps for a job of the owner, so that his later jobs do not use up the quota that it will need. */
export function addKept(use: OwnerUse, jobId: number, types: readonly string[]): void {
  use.keptFor ??= jobId;
  use.all.kept += types.length;
  for (const type of types) useOfType(use, type).kept += 1;
}

/** What an owner has of a machine type. */
export function useOfType(use: OwnerUse, type: string): Use {
  const known = use.byType.get(type);
  if (known !== undefined) return known;
  const made = noUse();
  use.byType.set(type, made);
  return made;
}

function noUse(): Use {
  return { nodes: 0, forGood: 0, kept: 0 };
}

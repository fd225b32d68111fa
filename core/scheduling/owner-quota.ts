import { useOfType } from './owner-use.ts';
import type { OwnerUse } from './owner-use.ts';

/** How many nodes each owner may have at once. */
export interface OwnerQuota {
  readonly all: number | null; // null = as many as there are
  readonly byType: ReadonlyMap<string, number>; // by machine type; others have no limit of their own
}

export type QuotaAnswer =
  | { readonly kind: 'within' }
  | { readonly kind: 'never' | 'held' | 'waits'; readonly reason: string };

interface Asker {
  readonly jobId: number;
  readonly owner: string;
  readonly nodeCount: number;
}

/**
 * Whether an owner may have the nodes of a job now, of machine types that it accepts. The first of his jobs that must wait keeps his
 * later ones from what it waits for, and one for which nodes are kept from the quota that it will need, so that his small jobs never
 * starve a big one. Jobs that no quota allows, or that wait
 * for locks of his own without an end, keep nobody.
 */
export function quotaAnswer(
  quota: OwnerQuota,
  { job, use, types }: { job: Asker; use: OwnerUse; types: readonly string[] },
): QuotaAnswer {
  const { nodeCount } = job;
  if (nodeCount === 0) return { kind: 'within' };
  for (const { what, limit, counted, all } of limitsOf(quota, use, types)) {
    const has = counted.reduce((sum, one) => sum + one.nodes, 0);
    const forGood = counted.reduce((sum, one) => sum + one.forGood, 0);
    const kept = counted.reduce((sum, one) => sum + one.kept, 0);
    const needs = `it needs ${nodeCount}`;
    if (nodeCount > limit)
      return { kind: 'never', reason: `can never start: ${needs}, and an owner may have ${limit} ${what}` };
    const state = `${job.owner} has ${has} of the ${limit} ${what} that an owner may have, and ${needs}`;
    if (forGood + nodeCount > limit) {
      const locked = `${forGood} of them ${forGood === 1 ? 'is' : 'are'} locked without an end`;
      return { kind: 'held', reason: `waits for the quota: ${state}; ${locked}` };
    }
    const first = use.waitsFor;
    if (first !== null && (all ? first.all : first.types.some((type) => types.includes(type))))
      return {
        kind: 'waits',
        reason: `waits for the quota behind job ${first.jobId} of the same owner: ${state}`,
      };
    if (has + kept + nodeCount > limit) {
      const others = kept === 0 ? '' : `; ${kept} more are kept for job ${use.keptFor}, which comes first`;
      use.waitsFor ??= { jobId: job.jobId, all, types: all ? [] : types };
      return { kind: 'waits', reason: `waits for the quota: ${state}${others}` };
    }
  }
  return { kind: 'within' };
}

interface Limit {
  readonly what: string;
  readonly limit: number;
  readonly counted: readonly { readonly nodes: number; readonly forGood: number; readonly kept: number }[];
  readonly all: boolean; // of any type
}

function limitsOf(quota: OwnerQuota, use: OwnerUse, types: readonly string[]): Limit[] {
  const limits: Limit[] = [];
  if (quota.all !== null) limits.push({ what: 'nodes', limit: quota.all, counted: [use.all], all: true });
  if (types.length === 0 || types.some((type) => !quota.byType.has(type))) return limits;
  const ofTypes = types.map((type) => ({ ...useOfType(use, type), limit: quota.byType.get(type) ?? 0 }));
  limits.push({
    what: `nodes of type ${types.join(' and ')}`,
    limit: ofTypes.reduce((sum, one) => sum + one.limit, 0),
    // What somebody has too much of one type takes nothing away from another.
    counted: ofTypes.map((one) => {
      const nodes = Math.min(one.nodes, one.limit);
      return { nodes, forGood: Math.min(one.forGood, nodes), kept: Math.min(one.kept, one.limit - nodes) };
    }),
    all: false,
  });
  return limits;
}

/** How many more nodes of a machine type an owner may have, less what is kept for his jobs that come first; none of one that the first of them waits for. */
export function quotaLeft(quota: OwnerQuota, use: OwnerUse, type: string): number {
  const limit = quota.byType.get(type);
  if (limit === undefined) return Infinity;
  if (use.waitsFor?.types.includes(type)) return 0;
  const { nodes, kept } = useOfType(use, type);
  return Math.max(0, limit - nodes - kept);
}

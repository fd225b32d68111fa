import type { OwnerQuota, QuotaAnswer } from './owner-quota.ts';
import { quotaLeft } from './owner-quota.ts';
import type { OwnerUse } from './owner-use.ts';
import type { NodeKind, NodeKinds, NodeType } from './node-kinds.ts';
import { inAll, seatIn } from './role-places.ts';
import type { RolePlaces } from './role-places.ts';

/**
 * Whether an owner may have the nodes of a job whose nodes are not all to be the same, by his quotas for machine types: a role that needs
 * a node of one type cannot have one of another. What holds for all types together is `quotaAnswer`'s.
 */
export function roleQuotaAnswer(
  quota: OwnerQuota,
  asked: {
    job: { readonly jobId: number; readonly owner: string };
    use: OwnerUse;
    places: RolePlaces;
    types: readonly string[];
    kinds: NodeKinds;
    reserve: number; // of each type, left for people
  },
): QuotaAnswer {
  const { job, use, places, kinds, reserve } = asked;
  const types = asked.types.filter((type) => quota.byType.has(type));
  if (types.length === 0) return { kind: 'within' };
  const fitsIn = (countOf: (one: NodeKind | NodeType) => number, limit: (type: string) => number) => {
    const cap = (type: NodeType) => Math.min(countOf(type) - reserve, limit(type.name));
    return seatIn(kinds, places.fits, { count: countOf, cap }).kind === 'seated';
  };
  const limits = types.map((type) => `${quota.byType.get(type)} of type ${type}`).join(' and ');
  const state = `its roles need more than the ${limits} that ${job.owner}`;
  if (!fitsIn(inAll, (type) => quota.byType.get(type) ?? Infinity))
    return { kind: 'never', reason: `can never start: ${state} may have` };
  const first = use.waitsFor;
  if (first?.types.some((type) => types.includes(type)))
    return { kind: 'waits', reason: `waits for the quota behind job ${first.jobId} of the same owner` };
  if (
    fitsIn(
      ({ foreseeable }) => foreseeable,
      (type) => quotaLeft(quota, use, type),
    )
  )
    return { kind: 'within' };
  use.waitsFor ??= { jobId: job.jobId, all: false, types };
  return { kind: 'waits', reason: `waits for the quota: ${state} may have, less what is in use` };
}

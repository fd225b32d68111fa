import type { NodeType } from './node-kinds.ts';
import { quotaLeft } from './owner-quota.ts';
import type { OwnerQuota, QuotaAnswer } from './owner-quota.ts';
import { useOfType } from './owner-use.ts';
import type { OwnerUse } from './owner-use.ts';

/** How many nodes of a machine type a job could have at the most, those left for people taken off; and without anybody's doing. */
export interface TypeReach {
  readonly type: NodeType;
  readonly inReach: number;
  readonly foreseeable: number;
}

/**
 * Whether an owner may have the nodes of a job that accepts several machine types, by his quotas for them and by how many there are of
 * each: what he may have of a type that there is too little of is no use. What holds for all of them together is `quotaAnswer`'s.
 */
export function typeQuotaAnswer(
  quota: OwnerQuota,
  asked: {
    job: { readonly jobId: number; readonly owner: string; readonly nodeCount: number };
    use: OwnerUse;
    reach: readonly TypeReach[];
  },
): QuotaAnswer {
  const { job, use, reach } = asked;
  const limited = reach.map(({ type }) => type.name).filter((type) => quota.byType.has(type));
  if (limited.length === 0 || reach.length === 1) return { kind: 'within' };
  const limitOf = (type: string) => quota.byType.get(type) ?? Infinity;
  const roomsBy = (roomOf: (one: TypeReach) => number) => {
    const rooms = reach.map((one) => ({ ...one, room: Math.max(0, roomOf(one)) }));
    return rooms.reduce((sum, { room }) => sum + room, 0) < job.nodeCount ? rooms : null;
  };
  const state = `it needs ${job.nodeCount}, and ${job.owner}`;
  const never = roomsBy(({ type, inReach }) => Math.min(inReach, limitOf(type.name)));
  if (never !== null)
    return { kind: 'never', reason: `can never start: ${state} may have ${roomText(never)}` };
  const held = roomsBy(({ type, foreseeable }) =>
    Math.min(foreseeable, limitOf(type.name) - useOfType(use, type.name).forGood),
  );
  if (held !== null)
    return {
      kind: 'held',
      reason: `waits for the quota: ${state} may have ${roomText(held)} beside locks without an end`,
    };
  const now = roomsBy(({ type, foreseeable }) => Math.min(foreseeable, quotaLeft(quota, use, type.name)));
  if (now === null) return { kind: 'within' };
  use.waitsFor ??= { jobId: job.jobId, all: false, types: limited };
  return { kind: 'waits', reason: `waits for the quota: ${state} may have ${roomText(now, ' more')}` };
}

function roomText(rooms: readonly (TypeReach & { room: number })[], more = ''): string {
  const each = rooms.map(({ type, inReach, room }) =>
    room === inReach
      ? `all ${inReach} of type ${type.name}`
      : `${room}${more} of the ${inReach} nodes of type ${type.name}`,
  );
  return each.join(' and ');
}

import type { NodeKind, NodeType } from './node-kinds.ts';
import { notClear, returnToHeaps, takeFirstAvailable } from './node-kinds.ts';
import type { Outlook, Times } from './outlook.ts';
import { quotaLeft } from './owner-quota.ts';
import { addKept } from './owner-use.ts';
import { turnoverMs } from './plan-state.ts';
import type { PlanState } from './plan-state.ts';
import type { QueuedJob } from './queued-job.ts';
import type { WishGroup } from './pools.ts';
import { seatIn } from './role-places.ts';

/**
 * Keeps for a job the nodes that are likely to be available first of those that can serve it, and answers when it will have them. Where nodes are
 * left for people, so many more of the types are kept free for them until then.
 */
export function reserve(lab: PlanState, { job, group }: { job: QueuedJob; group: WishGroup }): Times {
  const chosen = takeFirstAvailable(group.pool.kinds, job.nodeCount, acceptedBy(lab, { job, group }));
  const fillers = forPeople(lab, chosen);
  const times = keep(lab, { job, chosen, fillers });
  returnToHeaps(lab.kinds, [...chosen, ...fillers]);
  return times;
}

/** Which kinds a job can use one more of, by what it may have of their types and by its roles; null = any. */
function acceptedBy(
  { kinds, rules: { quota, reserveMachines }, useOf }: PlanState,
  { job, group }: { job: QueuedJob; group: WishGroup },
): ((kind: NodeKind) => boolean) | null {
  const { places } = group;
  const cap = ({ name, foreseeable }: NodeType) =>
    Math.min(
      foreseeable - reserveMachines,
      quota === null ? Infinity : quotaLeft(quota, useOf(job.owner), name),
    );
  if (places !== null) {
    const seating = seatIn(kinds, places.fits, { count: (kind) => kind.foreseeable, cap });
    return seating.kind === 'short' ? () => false : (kind) => seating.promise(kind.index);
  }
  if (group.pool.byType.length === 1 || (reserveMachines === 0 && (quota?.byType.size ?? 0) === 0))
    return null;
  const left = new Map<NodeType, number>();
  return ({ type }) => {
    const more = left.get(type) ?? cap(type);
    left.set(type, more - 1);
    return more > 0;
  };
}

/** The nodes that will be left for people when the chosen ones are taken: of each of their types those that are available first. */
function forPeople({ rules, kinds }: PlanState, chosen: readonly Outlook[]): Outlook[] {
  if (rules.reserveMachines === 0) return [];
  const names = new Set(chosen.map(({ node }) => node.machineType));
  return [...names].flatMap((name) =>
    takeFirstAvailable(kinds.types.get(name)?.kinds ?? [], rules.reserveMachines),
  );
}

/** Keeps nodes for a job from when the last of them is likely to be available, and its part of its owner's quota. */
export function keep(
  { now, rules, kinds, useOf }: PlanState,
  order: { job: QueuedJob; chosen: readonly Outlook[]; fillers: readonly Outlook[] },
): Times {
  const { job, chosen, fillers } = order;
  const times = { earliestAt: now, likelyAt: now, latestAt: now };
  for (const outlook of [...chosen, ...fillers]) {
    times.earliestAt = Math.max(times.earliestAt, outlook.earliestAt);
    times.likelyAt = Math.max(times.likelyAt, outlook.likelyAt);
    times.latestAt = Math.max(times.latestAt, outlook.latestAt);
  }
  for (const outlook of [...chosen, ...fillers]) {
    if (outlook.reservedFor !== null) continue;
    notClear(kinds, outlook);
    outlook.reservedFor = job.jobId;
    outlook.reservedFrom = times.likelyAt;
    outlook.reservedStrictly = job.submittedAt <= now - rules.patienceMs;
    if (times.likelyAt <= now) outlook.free = false; // nobody could be gone by then
  }
  if (rules.quota !== null)
    addKept(
      useOf(job.owner),
      job.jobId,
      chosen.map(({ node }) => node.machineType),
    );
  const { shortest, longest } = job.expected ?? { shortest: 0, longest: job.maxSeconds };
  for (const outlook of chosen) {
    outlook.earliestAt = times.earliestAt + shortest * 1000;
    outlook.likelyAt = times.likelyAt + longest * 1000 + turnoverMs;
    outlook.latestAt = times.latestAt + job.maxSeconds * 1000 + turnoverMs;
  }
  return times;
}

import { freeNodes, hasFreeNodes } from './free-nodes.ts';
import type { Caps } from './free-nodes.ts';
import { kindAt, notClear } from './node-kinds.ts';
import type { Outlook, Times } from './outlook.ts';
import { quotaAnswer, quotaLeft } from './owner-quota.ts';
import { addUse } from './owner-use.ts';
import { turnoverMs } from './plan-state.ts';
import type { PlanState } from './plan-state.ts';
import type { PlannedClaim, QueuedJob } from './queued-job.ts';
import type { Pool, WishGroup } from './pools.ts';
import type { Demand } from './refused.ts';
import { keep, reserve } from './reservations.ts';
import { lazyWait, noSlot, noTimes } from './wait.ts';
import type { Wait } from './wait.ts';
import { freeNodesForRoles, partOf, shortNow } from './role-nodes.ts';
import { roleQuotaAnswer } from './role-quota.ts';
import { typeQuotaAnswer } from './type-quota.ts';
import { whyHeld, whyImpossible, whyReserved } from './why-it-waits.ts';

/**
 * How many jobs that the same nodes can serve keep nodes, the first ones in the queue. Those behind them wait without a promise until
 * they move up; every job is the first of these in the end, so that this starves nobody.
 */
const mostReservations = 32;

/** How many do so in all, but for the first of each pool of nodes. */
const mostReservationsInAll = 512;

/** What becomes of the next job: its nodes, or what it waits for. Nodes that it takes or keeps are marked as such. */
export function decide(lab: PlanState, job: QueuedJob, group: WishGroup): PlannedClaim | Wait {
  const { nodeCount } = job;
  const { slots } = lab;
  const { pool, places } = group;
  if (!isForeseeable(group, nodeCount)) return outOfReach(lab, job, group);
  const overQuota = lab.rules.quota === null ? null : quotaWait(lab, job, group);
  if (overQuota !== null) return overQuota;
  const demand = demandOf(lab, job);
  const keeps = mayKeep(lab, pool);
  const caps = capsFor(lab, job, group);
  if (slots <= 0 && !keeps && places === null && hasFreeNodes(pool, demand, caps)) return noSlot;
  const usable =
    places === null
      ? freeNodes(pool, demand, caps)
      : freeNodesForRoles({ pool, places }, demand, { caps, kinds: lab.kinds });
  if (usable !== null && slots > 0) {
    for (const outlook of usable) take(lab, { outlook, job, demand });
    if (lab.rules.quota !== null) addUse(lab.useOf(job.owner), usable.map(typeOf));
    return { run: job.run, jobId: job.jobId, nodes: usable.map((outlook) => outlook.node.name) };
  }
  if (!keeps) {
    if (usable !== null) return noSlot;
    return sharedWait(group, nodeCount, () => {
      return { kind: 'reserved', reason: reservedText(lab, job, group), ...noTimes };
    });
  }
  pool.reservations += 1;
  lab.reservations += 1;
  if (usable !== null) {
    keep(lab, { job, chosen: usable, fillers: [] });
    return noSlot;
  }
  const why = reservedText(lab, job, group);
  const times = reserve(lab, { job, group });
  return { kind: 'reserved', reason: `${why}; at the latest ${isoTime(times.latestAt)}`, ...times };
}

function isForeseeable({ pool, places }: WishGroup, nodeCount: number): boolean {
  return places === null ? pool.foreseeable >= nodeCount : places.held.length === 0;
}

function demandOf({ now }: PlanState, { nodeCount, maxSeconds, expected }: QueuedJob): Demand {
  const surelyEndsAt = now + maxSeconds * 1000 + turnoverMs;
  const endsAt = expected ? now + expected.longest * 1000 + turnoverMs : surelyEndsAt;
  return { nodeCount, endsAt, surelyEndsAt };
}

/** It depends on the jobs before alone, as everything does. */
function mayKeep(lab: PlanState, pool: Pool): boolean {
  if (pool.reservations === 0) return true;
  return pool.reservations < mostReservations && lab.reservations < mostReservationsInAll;
}

/** How many nodes of each type a job may have, where people or a quota set a limit; null = any number. */
function capsFor({ rules, kinds, useOf }: PlanState, job: QueuedJob, group: WishGroup): Caps | null {
  const { quota, reserveMachines } = rules;
  if (reserveMachines === 0 && (quota === null || quota.byType.size === 0)) return null;
  const left = new Int32Array(kinds.types.size);
  for (const { type } of group.pool.kinds) {
    const spare = Math.max(0, type.free - reserveMachines);
    left[type.index] =
      quota === null ? spare : Math.min(spare, quotaLeft(quota, useOf(job.owner), type.name));
  }
  return { left, kinds };
}

function quotaWait({ rules, useOf, kinds: all }: PlanState, job: QueuedJob, group: WishGroup): Wait | null {
  const types = group.pool.byType.map(({ type }) => type.name);
  const { quota } = rules;
  if (quota === null) return null;
  const use = useOf(job.owner);
  const { places } = group;
  const whole = quotaAnswer(quota, { job, use, types });
  const byType = () =>
    places === null
      ? typeQuotaAnswer(quota, { job, use, reach: group.pool.byType })
      : roleQuotaAnswer(quota, { job, use, places, types, kinds: all, reserve: rules.reserveMachines });
  const answer = whole.kind === 'within' ? byType() : whole;
  if (answer.kind === 'within') return null;
  const kinds = { never: 'impossible', held: 'held', waits: 'quota' } as const;
  return { kind: kinds[answer.kind], reason: answer.reason, ...noTimes };
}

function outOfReach({ alike, rules, kinds }: PlanState, job: QueuedJob, group: WishGroup): Wait {
  const { nodeCount } = job;
  const { pool, places } = group;
  const impossible = places === null ? pool.inReach < nodeCount : places.lacking.length > 0;
  const short =
    places === null
      ? { job, pool }
      : partOf({ job, pool, places }, impossible ? places.lacking : places.held);
  return sharedWait(group, nodeCount, () =>
    impossible
      ? lazyWait('impossible', () => whyImpossible(short.job, alike(short.job), rules))
      : lazyWait('held', () => whyHeld(short.job, short.pool, { ...rules, kinds })),
  );
}

/** Of a job whose nodes are not all to be the same, only the part that has to wait is told. */
function reservedText(lab: PlanState, job: QueuedJob, group: WishGroup): string {
  const { pool, places } = group;
  const people = { ...lab, reserveMachines: lab.rules.reserveMachines };
  if (places === null) return whyReserved(job, pool, people);
  const part = partOf({ job, pool, places }, shortNow(lab.kinds, places));
  return whyReserved(part.job, part.pool, people);
}

/** A group never changes between impossible, held and reserved for a number of nodes, so that one answer does for all its jobs. */
function sharedWait({ waits }: WishGroup, nodeCount: number, make: () => Wait): Wait {
  let wait = waits.get(nodeCount);
  if (wait === undefined) {
    wait = make();
    waits.set(nodeCount, wait);
  }
  return wait;
}

function take(
  lab: PlanState,
  { outlook, job, demand }: { outlook: Outlook; job: QueuedJob; demand: Demand },
) {
  notClear(lab.kinds, outlook);
  kindAt(lab.kinds, outlook).type.free -= 1;
  outlook.free = false;
  // A node lent out before its reservation begins is available when it would have been.
  if (outlook.reservedFor !== null) return;
  outlook.earliestAt = lab.now + (job.expected?.shortest ?? 0) * 1000;
  outlook.likelyAt = demand.endsAt;
  outlook.latestAt = demand.surelyEndsAt;
}

function typeOf({ node }: Outlook): string {
  return node.machineType;
}

function isoTime(at: Times['latestAt']): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

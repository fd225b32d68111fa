import type { Node } from '../locks/node.ts';
import { decide } from './decide.ts';
import { outlooks } from './outlook.ts';
import type { RunningJob } from './outlook.ts';
import { ownerUses } from './owner-use.ts';
import { turnoverMs } from './plan-state.ts';
import type { PlanState } from './plan-state.ts';
import { pools } from './pools.ts';
import { queueOrder } from './queue-order.ts';
import type { PlannedClaim, QueuedJob } from './queued-job.ts';
import { usualRules } from './queue-rules.ts';
import type { QueueRules } from './queue-rules.ts';
import { turns } from './turns.ts';
import type { Wait } from './wait.ts';
import { alikeNodes } from './why-it-waits.ts';

export interface PlanInput {
  readonly now: number; // epoch ms
  readonly jobs: readonly QueuedJob[]; // the head of the queue, in any order
  readonly nodes: readonly Node[]; // of every machine type that the jobs accept
  readonly running: readonly RunningJob[];
  readonly slots: number | null; // how many more runners may start; null = any number
  readonly rules?: QueueRules; // default: those of a lab without settings
}

export interface Plan {
  readonly claims: readonly PlannedClaim[]; // in the order in which they should be made
  readonly waiting: readonly QueuedJob[]; // everybody else, in the order in which they are served
  readonly waits: readonly Wait[]; // of each waiting job, in the same order; jobs that wait for the same share one
}

/**
 * Decides who starts now and why the others wait. Jobs are taken strictly by priority, then by submission, or, with fair share, by
 * the owners' turns. Each of the first jobs that cannot start keeps the nodes that will likely serve it first, and whoever comes
 * behind may only use them when he is expected to be gone by then; for a job that has waited longer than the lab's patience,
 * when he is certain to be gone. So what a job gets depends on the jobs before it, never on those behind (L9). A job that cannot be
 * served by the inventory, or not before somebody gives up a lock that has no end, or not within its owner's quota, keeps nothing.
 * Costs a sort of the nodes, one step for each job and each node taken, and a few for each node that is kept; jobs that are in queue
 * order already are not sorted again.
 */
export function plan(input: PlanInput): Plan {
  const rules = input.rules ?? usualRules;
  const outlook = outlooks({ ...input, turnoverMs });
  const { groupOf, kinds } = pools(outlook, rules.reserveMachines);
  let alike: ReturnType<typeof alikeNodes> | null = null;
  let useOf: ReturnType<typeof ownerUses> | null = null;
  const lab: PlanState = {
    now: input.now,
    rules,
    kinds,
    alike: (wish) => (alike ??= alikeNodes(input.nodes))(wish),
    useOf: (owner) => (useOf ??= ownerUses(input.nodes))(owner),
    reservations: 0,
    slots: input.slots ?? Infinity,
  };
  const claims: PlannedClaim[] = [];
  const waiting: QueuedJob[] = [];
  const waits: Wait[] = [];
  let kept = false; // one runner slot is left for jobs that keep nodes, so that those who overtake cannot delay them by that either
  const fair = rules.fairShare ? { useOf: lab.useOf, patientSince: input.now - rules.patienceMs } : null;
  for (const job of fair === null ? queueOrder(input.jobs) : turns(input.jobs, fair)) {
    const decision = decide(lab, job, groupOf(job));
    if (isClaim(decision)) {
      claims.push(decision);
      lab.slots -= 1;
    } else {
      waiting.push(job);
      waits.push(decision);
      if (kept || (decision.kind !== 'reserved' && decision.kind !== 'slot')) continue;
      kept = true;
      lab.slots -= 1;
    }
  }
  return { claims, waiting, waits };
}

function isClaim(decision: PlannedClaim | Wait): decision is PlannedClaim {
  return 'nodes' in decision;
}

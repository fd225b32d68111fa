import { machineTypes } from '../locks/match.ts';
import { everyQueue } from '../ports/pauses.ts';
import type { Pause } from '../ports/pauses.ts';
import { plan } from '../scheduling/plan.ts';
import { queueOrder } from '../scheduling/queue-order.ts';

import { noTimes, waitingJobs } from '../scheduling/wait.ts';
import type { WaitingJob } from '../scheduling/wait.ts';

/** Who starts, and who waits for what, in queue order. */
export interface LabPlan {
  readonly claims: readonly PlannedClaim[];
  readonly waiting: readonly WaitingJob[];
}
import type { Plan, PlanInput } from '../scheduling/plan.ts';
import type { PlannedClaim, QueuedJob } from '../scheduling/queued-job.ts';

/**
 * The plan of a lab some of whose queues are paused: nodes of those types are given to nobody and kept for nobody. A job that accepts other
 * types too may start on them. Without pauses it is the plan itself.
 */
export function planAround(pauses: readonly Pause[], input: PlanInput): LabPlan {
  if (pauses.length === 0) return spelledOut(plan(input));
  const pauseOf = (type: string) => pauses.find((pause) => [type, everyQueue].includes(pause.machineType));
  const pausesOf = (job: QueuedJob) => machineTypes(job.machineType).flatMap((type) => pauseOf(type) ?? []);
  const stopped = input.jobs.filter((job) => machineTypes(job.machineType).every((type) => pauseOf(type)));
  const others = input.jobs.filter((job) => !stopped.includes(job));
  const nodes = input.nodes.filter((node) => pauseOf(node.machineType) === undefined);
  const { claims, waiting } = spelledOut(plan({ ...input, jobs: others, nodes }));
  const paused = (job: QueuedJob) => pausedJob(job, pausesOf(job));
  const jobs = new Map(input.jobs.map((job) => [job.jobId, job]));
  const told = waiting.map((each) => {
    const job = jobs.get(each.jobId);
    // What the remaining types cannot serve, the paused ones may.
    const byPause = each.kind === 'impossible' && job !== undefined && pausesOf(job).length > 0;
    return byPause ? paused(job) : each;
  });
  const order = new Map(queueOrder(input.jobs).map((job, place) => [job.jobId, place]));
  const all = [...told, ...stopped.map(paused)];
  return {
    claims,
    waiting: all.sort((a, b) => (order.get(a.jobId) ?? 0) - (order.get(b.jobId) ?? 0)),
  };
}

function spelledOut(made: Plan): LabPlan {
  return { claims: made.claims, waiting: waitingJobs(made) };
}

function pausedJob(job: QueuedJob, pauses: readonly Pause[]): WaitingJob {
  const { run, jobId } = job;
  const earliestAt = Math.min(...pauses.map((pause) => pause.until));
  return { run, jobId, kind: 'paused', reason: pauses.map(whyPaused).join('; '), ...noTimes, earliestAt };
}

/** A pause in words, for whoever waits for its end. */
export function whyPaused(pause: Pause): string {
  const queue = pause.machineType === everyQueue ? 'every queue' : `the queue of ${pause.machineType}`;
  return `${queue} is paused by ${pause.by} until ${new Date(pause.until).toISOString().slice(0, 19)}Z: ${pause.reason}`;
}

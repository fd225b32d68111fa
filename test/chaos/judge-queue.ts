import type { NewJob, Transition } from '../../core/ports/job-store.ts';
import type { StoreCall } from './history.ts';
import { breach } from './model.ts';
import type { Model } from './model.ts';

/** Judges the answers about runs and the queue. */

/** Every id that is given out is a job that was accepted (L4). */
export function judgeEnqueue(model: Model, call: StoreCall, answer: unknown): void {
  const [{ run, jobs }] = call.args as [{ run: string; jobs: NewJob[] }];
  for (const [index, jobId] of (answer as number[]).entries()) {
    const job = jobs[index];
    const known = model.jobs.get(jobId);
    if (job === undefined || (known !== undefined && known.run !== run)) {
      breach(model, { law: 'L4', at: call.at, text: `enqueue gave the id ${jobId} twice`, job: jobId });
    } else if (known === undefined) {
      const { machineType, osType, nodeCount, maxSeconds, expiresAt, priority } = job;
      model.jobs.set(jobId, {
        run,
        jobId,
        machineType,
        osType,
        nodeCount,
        maxSeconds,
        expiresAt,
        priority,
        submittedAt: call.at,
        status: 'queued',
        attempts: 0,
        fence: null,
        nodes: [],
        runner: null,
        leaseUntil: 0,
        startedAt: 0,
        killAskedAt: null,
        actor: null,
        reason: null,
        effectsOf: null,
        goneAt: null,
        silent: false,
      });
    }
  }
}

/** A kill touches live jobs of its run alone (L4). */
export function judgeKill(model: Model, call: StoreCall, answer: unknown): void {
  const [{ run, jobId, actor, reason, now }] = call.args as [
    { run: string; jobId?: number; actor: string; reason: string; now: number },
  ];
  for (const id of answer as number[]) {
    const job = model.jobs.get(id);
    if (job === undefined || job.run !== run || (jobId !== undefined && jobId !== id)) {
      breach(model, { law: 'L4', at: call.at, text: `a kill of ${run} touched job ${id}`, job: id });
      continue;
    }
    if (job.status === 'queued') Object.assign(job, { status: 'dead', actor, reason });
    else if (job.status === 'waiting' || job.status === 'running')
      Object.assign(job, { killAskedAt: now, actor, reason });
    else
      breach(model, {
        law: 'L4',
        at: call.at,
        text: `a kill touched job ${id}, which is ${job.status}`,
        job,
      });
  }
}

/** Only queued jobs whose time is over expire, and all of them (L4). */
export function judgeExpire(model: Model, call: StoreCall, answer: unknown): void {
  const [{ now, actor }] = call.args as [{ now: number; actor: string }];
  const due = [...model.jobs.values()].filter(
    (job) => job.status === 'queued' && job.expiresAt !== null && job.expiresAt <= now,
  );
  const ended = new Set(answer as number[]);
  for (const id of ended) {
    if (due.some((job) => job.jobId === id)) continue;
    breach(model, { law: 'L4', at: call.at, text: `job ${id} expired before its time`, job: id });
  }
  for (const job of due) {
    if (!ended.has(job.jobId))
      breach(model, { law: 'L4', at: call.at, text: `job ${job.jobId} outlived its time in the queue`, job });
    Object.assign(job, { status: 'dead', actor, reason: 'expired' });
  }
}

/** Only a queued job moves in the queue (L9). */
export function judgeSetPriority(model: Model, call: StoreCall, answer: unknown): void {
  const [{ jobId, priority }] = call.args as [{ jobId: number; priority: number }];
  const job = model.jobs.get(jobId);
  if ((answer as Transition) === 'stale' || job === undefined) return;
  if (job.status !== 'queued')
    breach(model, {
      law: 'L9',
      at: call.at,
      text: `job ${jobId} moved in the queue while ${job.status}`,
      job,
    });
  job.priority = priority;
}

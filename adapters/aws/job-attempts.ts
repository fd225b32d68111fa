import type { AttemptRef, JobStore, RenewResult, Transition } from '../../core/ports/job-store.ts';
import { isFinal } from '../../core/results/job-state.ts';
import { claimJob, handBackJob, unclaimJob } from './job-claims.ts';
import { finishJob } from './job-endings.ts';
import { rememberDuration } from './job-durations.ts';
import { currentAttempt, moveCount, putJob, readJob } from './job-items.ts';
import { expireJobs, killJobs } from './job-kills.ts';
import { dynamoQueue } from './job-queue.ts';
import { nodeKeys } from './keys.ts';
import { attemptLockId } from './node-grants.ts';
import { settleRun } from './settle-run.ts';
import type { Tables, Write } from './table.ts';
import { transition } from './transition.ts';
import type { Decision } from './transition.ts';

/** More than a lab ever has; a query's limit may be no larger. */
const everyJob = 2 ** 31 - 1;

/** How many claims of a run there are between two looks at its size. */
const settleEvery = 16;

type Attempts = Pick<
  JobStore,
  'claim' | 'unclaim' | 'handBack' | 'start' | 'renew' | 'finish' | 'kill' | 'expireQueued' | 'expired'
>;

/** The part of the job store that moves attempts through their life. Each transition of a job is one transaction. */
export function dynamoAttempts(tables: Tables): Attempts {
  return {
    /** Two reads, one batch of events and one transaction of two writes and one a node. */
    async claim(params) {
      const result = await transition(tables, (op) => claimJob(tables, op, params));
      // Runs grow by their claims before anything ends; one of some is enough to keep them short.
      if (result.kind === 'claimed' && params.jobId % settleEvery === 0) await settleRun(tables, params.run);
      return result;
    },
    async unclaim(attempt, now, options) {
      const blameless = options?.blameless ?? false;
      const result = await transition(tables, (op) => unclaimJob(tables, op, { attempt, now, blameless }));
      if (result === 'ok') await settleRun(tables, attempt.run);
      return result;
    },
    /** Two reads, one batch of events and one transaction of two writes and one a node. */
    async handBack(attempt, params) {
      const result = await transition(tables, (op) => handBackJob(tables, op, { attempt, ...params }));
      if (result === 'ok') await settleRun(tables, attempt.run);
      return result;
    },
    /** One read and one transaction of two writes. */
    start: async (attempt, params) =>
      transition(tables, (op) => startJob(tables, op, { attempt, ...params })),
    /** One read and one transaction of one write and one a node. */
    renew: async (attempt, params) => transition(tables, (op) => renew(tables, op, { attempt, ...params })),
    /** Four reads, one batch of events and one transaction of two writes and one a node; for the job's time up to two of one. */
    async finish(attempt, outcome) {
      const result = await transition(tables, (op) => finishJob(tables, op, { attempt, outcome }));
      if (result !== 'ok') return result;
      await settleRun(tables, attempt.run);
      if (outcome.status !== 'dead') await remember(tables, attempt);
      return result;
    },
    /** One query a shard, one read for each hundred jobs, and one transaction for each 99; see `killJobs`. */
    kill: async (params) => killJobs(tables, params),
    /** One query a shard, two reads for each hundred jobs that are over, and one transaction for each 99 of a run. */
    expireQueued: async (params) => expireJobs(tables, params),
    /** Reads every claimed job: at most as many as there are runners. */
    async expired(now) {
      const claimed = await dynamoQueue(tables).listJobs({
        statuses: ['waiting', 'running'],
        limit: everyJob,
      });
      return claimed
        .filter((job) => job.leaseUntil !== null && job.leaseUntil < now)
        .sort((a, b) => (a.leaseUntil ?? 0) - (b.leaseUntil ?? 0) || a.jobId - b.jobId);
    },
  };
}

/** A time that cannot be kept costs an estimate: the end of the job is stored already. */
async function remember(tables: Tables, attempt: AttemptRef): Promise<void> {
  const ended = await readJob(tables, attempt);
  if (ended !== null) await rememberDuration(tables, ended.job).catch(() => undefined);
}

async function startJob(
  tables: Tables,
  op: string,
  { attempt, runner, now }: { attempt: AttemptRef; runner: string; now: number },
): Promise<Decision<Transition>> {
  const before = await currentAttempt(tables, attempt);
  if (before?.job.status === 'running' && before.job.runner === runner) return { result: 'ok', writes: [] };
  if (before?.job.status !== 'waiting') return { result: 'stale', writes: [] };
  const job = { ...before.job, status: 'running', runner, startedAt: now } as const;
  return {
    result: 'ok',
    writes: [putJob(tables, op, { job, before }), moveCount(tables, { job: before.job, to: 'running', now })],
  };
}

async function renew(
  tables: Tables,
  op: string,
  { attempt, leaseUntil }: { attempt: AttemptRef; leaseUntil: number },
): Promise<Decision<RenewResult>> {
  const before = await currentAttempt(tables, attempt);
  if (before === null || isFinal(before.job.status) || before.job.status === 'queued') {
    return { result: { kind: 'stale' }, writes: [] };
  }
  const request = before.job.killRequested;
  const nodes = before.job.nodes.map((name) => extendLock(tables, { name, attempt, leaseUntil }));
  return {
    result: request === null ? { kind: 'ok' } : { kind: 'killed', request },
    writes: [putJob(tables, op, { job: { ...before.job, leaseUntil }, before }), ...nodes],
  };
}

/** A write without a read: the lock id alone says whether the node is still this attempt's. */
function extendLock(
  tables: Tables,
  { name, attempt, leaseUntil }: { name: string; attempt: AttemptRef; leaseUntil: number },
): Write {
  return {
    Update: {
      TableName: tables.nodes,
      Key: nodeKeys.node(name),
      UpdateExpression: 'SET #node.#lock.#leaseUntil = :until, #version = #version + :one',
      ConditionExpression: '#node.#lock.#id = :lock',
      ExpressionAttributeNames: {
        '#node': 'node',
        '#lock': 'lock',
        '#leaseUntil': 'leaseUntil',
        '#version': 'version',
        '#id': 'id',
      },
      ExpressionAttributeValues: { ':until': leaseUntil, ':one': 1, ':lock': attemptLockId(attempt) },
    },
  };
}

import type { AttemptRef, JobStore, RenewResult, Transition } from '../../core/ports/job-store.ts';
import { isFinal } from '../../core/results/job-state.ts';
import { claimJob, unclaimJob } from './job-claims.ts';
import { expireJob, finishJob, killJob } from './job-endings.ts';
import { currentAttempt, moveCount, putJob } from './job-items.ts';
import { dynamoQueue, readJobs } from './job-queue.ts';
import { allShards, nodeKeys, partitions, sortable } from './keys.ts';
import type { Key } from './keys.ts';
import { attemptLockId } from './node-grants.ts';
import type { Tables, Write } from './table.ts';
import { transition } from './transition.ts';
import type { Decision } from './transition.ts';

/** More than a lab ever has; a query's limit may be no larger. */
const everyJob = 2 ** 31 - 1;

type Attempts = Pick<
  JobStore,
  'claim' | 'unclaim' | 'start' | 'renew' | 'finish' | 'kill' | 'expireQueued' | 'expired'
>;

/** The part of the job store that moves attempts through their life. Each transition of a job is one transaction. */
export function dynamoAttempts(tables: Tables): Attempts {
  return {
    /** Two reads, one batch of events and one transaction of two writes and one a node. */
    claim: async (params) => transition(tables, (op) => claimJob(tables, op, params)),
    unclaim: async (attempt, now, options) =>
      transition(tables, (op) =>
        unclaimJob(tables, op, { attempt, now, blameless: options?.blameless ?? false }),
      ),
    /** One read and one transaction of two writes. */
    start: async (attempt, params) =>
      transition(tables, (op) => startJob(tables, op, { attempt, ...params })),
    /** One read and one transaction of one write and one a node. */
    renew: async (attempt, params) => transition(tables, (op) => renew(tables, op, { attempt, ...params })),
    /** Two reads, one batch of events and one transaction of two writes and one a node. */
    finish: async (attempt, outcome) =>
      transition(tables, (op) => finishJob(tables, op, { attempt, outcome })),
    /** One transaction a job: a run has more of them than fit into one. A call that is cut short is made again. */
    async kill(params) {
      const ids = params.jobId === undefined ? await livingJobs(tables, params.run) : [params.jobId];
      const touched: number[] = [];
      for (const jobId of ids) {
        if (await transition(tables, (op) => killJob(tables, op, { ...params, jobId }))) touched.push(jobId);
      }
      return touched;
    },
    /** One query a shard, and one transaction for each job that is over. */
    async expireQueued({ now, actor }) {
      const touched: number[] = [];
      for (const { run, jobId } of await expiringJobs(tables, now)) {
        if (await transition(tables, (op) => expireJob(tables, op, { run, jobId, actor, now })))
          touched.push(jobId);
      }
      return touched.sort((a, b) => a - b);
    },
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

async function livingJobs(tables: Tables, run: string): Promise<number[]> {
  const statuses = ['queued', 'waiting', 'running'] as const;
  const jobs = await dynamoQueue(tables).listJobs({ run, statuses, limit: everyJob });
  return jobs.map((job) => job.jobId);
}

async function expiringJobs(tables: Tables, now: number) {
  const found = await Promise.all(
    allShards().map((shard) =>
      tables.query<Key>({
        TableName: tables.results,
        IndexName: 'expiring',
        KeyConditionExpression: 'expiringPk = :pk AND expiringSk < :end',
        ExpressionAttributeValues: { ':pk': partitions.expiring(shard), ':end': sortable(now + 1) },
      }),
    ),
  );
  return readJobs(tables, found.flat());
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
    writes: [
      putJob(tables, op, { job, before }),
      moveCount(tables, { run: attempt.run, from: 'waiting', to: 'running', now }),
    ],
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

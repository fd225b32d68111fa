import type { JobRecord, JobStore } from '../../core/ports/job-store.ts';
import { isFinal } from '../../core/results/job-state.ts';
import { putJob, queueOf } from './job-items.ts';
import type { JobItem } from './job-items.ts';
import { allShards, partitions, resultKeys, sortable } from './keys.ts';
import type { Key } from './keys.ts';
import { countsOf, moveJobs } from './run-tally.ts';
import type { Move, RunItem } from './run-tally.ts';
import { settleRun } from './settle-run.ts';
import { mostCharacters, mostWrites } from './table.ts';
import type { Tables, Write } from './table.ts';
import { transition } from './transition.ts';
import type { Decision } from './transition.ts';

/** One write a job, and one for the run that counts them. */
const jobsAtOnce = mostWrites - 1;

type KillParams = Parameters<JobStore['kill']>[0];

/** What is to become of a job; null = it is left alone. */
type Change = (job: JobRecord) => JobRecord | null;

/**
 * Asks jobs to end, up to 99 in a transaction; see `JobStore.kill`. An index says which jobs of a run live. It may be late: when the run
 * counts more of them than were found, all jobs of the run are looked at.
 */
export async function killJobs(tables: Tables, params: KillParams): Promise<number[]> {
  const { run, jobId, now } = params;
  const change = killed(params);
  if (jobId !== undefined) return (await changeJobs(tables, { run, ids: [jobId], change, now })).touched;
  const indexed = await livingByIndex(tables, run);
  const first = await changeJobs(tables, { run, ids: indexed, change, now });
  const item = await tables.get<RunItem>(tables.results, resultKeys.run(run));
  if (item === null) return [];
  const { queued, waiting, running } = countsOf(item);
  if (queued + waiting + running <= first.left) return first.touched;
  const seen = new Set(indexed);
  const ids = (await everyJobOf(tables, run)).filter((id) => !seen.has(id));
  const rest = await changeJobs(tables, { run, ids, change, now });
  return [...first.touched, ...rest.touched].sort((a, b) => a - b);
}

/** Ends queued jobs whose time is over, up to 99 of a run in a transaction; see `JobStore.expireQueued`. */
export async function expireJobs(
  tables: Tables,
  { now, actor }: { now: number; actor: string },
): Promise<number[]> {
  const touched: number[] = [];
  const byRun = Map.groupBy(await expiringJobs(tables, now), ({ job }) => job.run);
  for (const [run, items] of byRun) {
    const ids = items.map(({ job }) => job.jobId);
    const change = expired({ actor, now });
    touched.push(...(await changeJobs(tables, { run, ids, change, now })).touched);
  }
  return touched.sort((a, b) => a - b);
}

function killed({ actor, reason, now }: KillParams): Change {
  const killRequested = { actor, reason, at: now };
  return (job) => {
    if (isFinal(job.status) || job.killRequested !== null) return null;
    if (job.status !== 'queued') return { ...job, killRequested };
    return { ...dead(job, { actor, failureReason: reason, now }), killRequested };
  };
}

function expired({ actor, now }: { actor: string; now: number }): Change {
  return (job) => {
    if (job.status !== 'queued' || job.expiresAt === null || job.expiresAt > now) return null;
    const failureReason = `expired at ${new Date(job.expiresAt).toISOString()}: it was still queued`;
    return dead(job, { actor, failureReason, now });
  };
}

function dead(job: JobRecord, end: { actor: string; failureReason: string; now: number }): JobRecord {
  const { now, ...why } = end;
  return { ...job, ...why, status: 'dead', durationSeconds: null, finishedAt: now, leaseUntil: null };
}

interface Changed {
  readonly touched: number[];
  readonly left: number; // of the jobs looked at, those that are not over
}

async function changeJobs(
  tables: Tables,
  { run, ids, change, now }: { run: string; ids: readonly number[]; change: Change; now: number },
): Promise<Changed> {
  const touched: number[] = [];
  let left = 0;
  for (let at = 0; at < ids.length;) {
    const some = ids.slice(at, at + jobsAtOnce);
    const done = await transition(tables, (op) => changeSome(tables, op, { run, ids: some, change, now }));
    touched.push(...done.touched);
    left += done.left;
    at += done.looked;
    if (done.touched.length > 0) await settleRun(tables, run);
  }
  return { touched, left };
}

/** Changes as many of the jobs, from the first on, as fit into a transaction by their size. */
async function changeSome(
  tables: Tables,
  op: string,
  { run, ids, change, now }: { run: string; ids: readonly number[]; change: Change; now: number },
): Promise<Decision<Changed & { readonly looked: number }>> {
  const items = await tables.getMany<JobItem>(tables.results, ids.map(resultKeys.job));
  const writes: Write[] = [];
  const moves: Move[] = [];
  const touched: number[] = [];
  let size = 0;
  let looked = 0;
  let left = 0;
  for (const before of items) {
    const job = before?.job.run === run ? change(before.job) : null;
    size += job?.config.length ?? 0;
    if (looked > 0 && size > mostCharacters) break;
    looked += 1;
    if (before?.job.run === run && !isFinal(job?.status ?? before.job.status)) left += 1;
    if (before === null || job === null) continue;
    writes.push(putJob(tables, op, { job, before }));
    touched.push(job.jobId);
    const { status: from } = before.job;
    if (from !== job.status) moves.push({ jobId: job.jobId, queue: queueOf(job), from, to: job.status });
  }
  if (moves.length > 0) writes.push(moveJobs(tables, { run, moves, now }));
  return { result: { touched, left, looked }, writes };
}

async function livingByIndex(tables: Tables, run: string): Promise<number[]> {
  const found = await perShard((shard) =>
    tables.query<{ idSk: string; status: string }>({
      TableName: tables.results,
      IndexName: 'by-run',
      KeyConditionExpression: 'runPk = :pk',
      FilterExpression: '#status IN (:queued, :waiting, :running)',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: {
        ':pk': partitions.byRun(run, shard),
        ':queued': 'queued',
        ':waiting': 'waiting',
        ':running': 'running',
      },
    }),
  );
  return found.map(({ idSk }) => Number(idSk)).sort((a, b) => a - b);
}

/** By the marks of their keys, which are in the table itself and so not late. */
async function everyJobOf(tables: Tables, run: string): Promise<number[]> {
  const marks = await perShard((shard) =>
    tables.query<{ jobId: number }>({
      TableName: tables.results,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': resultKeys.jobKeys(run, shard) },
    }),
  );
  return marks.map(({ jobId }) => jobId).sort((a, b) => a - b);
}

async function expiringJobs(tables: Tables, now: number): Promise<JobItem[]> {
  const found = await perShard((shard) =>
    tables.query<Key>({
      TableName: tables.results,
      IndexName: 'expiring',
      KeyConditionExpression: 'expiringPk = :pk AND expiringSk < :end',
      ExpressionAttributeValues: { ':pk': partitions.expiring(shard), ':end': sortable(now + 1) },
    }),
  );
  const items = await tables.getMany<JobItem>(tables.results, found);
  return items.filter((item) => item !== null);
}

async function perShard<T>(query: (shard: number) => Promise<T[]>): Promise<T[]> {
  return (await Promise.all(allShards().map(query))).flat();
}

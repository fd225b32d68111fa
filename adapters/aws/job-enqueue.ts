import { NodesLackingError } from '../../core/locks/errors.ts';
import { RunClosedError, RunNotFoundError } from '../../core/ports/job-store.ts';
import type { JobRecord, JobStore, NewJob } from '../../core/ports/job-store.ts';
import { putJob, queueOf } from './job-items.ts';
import type { JobKeyItem } from './job-items.ts';
import { resultKeys } from './keys.ts';
import { additions, tallyName } from './run-tally.ts';
import type { RunItem } from './run-tally.ts';
import { mostCharacters, mostWrites } from './table.ts';
import type { Tables, Write } from './table.ts';
import { putNext, transition } from './transition.ts';

/** A claim is one transaction: the job, the counters of its run, and each node. */
export const mostNodes = mostWrites - 2;

/** Each job is two writes, and the run's counters are one more. */
const jobsAtOnce = Math.floor((mostWrites - 1) / 2);

type EnqueueParams = Parameters<JobStore['enqueue']>[0];

/**
 * Adds jobs to the queue, in transactions of up to 49: a job and the mark of its key come together or not at all, so that a batch
 * that was cut short, or that arrives twice at once, adds what is missing and nothing else. A run that is closed while a big
 * batch is on its way keeps what came before.
 */
export async function enqueue(tables: Tables, { run, jobs, now }: EnqueueParams): Promise<number[]> {
  const big = jobs.find((job) => job.nodeCount > mostNodes);
  if (big !== undefined) {
    throw new NodesLackingError(
      `job '${big.description}' asks for ${big.nodeCount} nodes; one transaction locks at most ${mostNodes}`,
    );
  }
  await noteQueues(tables, jobs);
  const ids = new Map<string, number>();
  for (const batch of batches([...new Map(jobs.map((job) => [job.key, job])).values()])) {
    const added = await transition(tables, async (op) => addBatch(tables, op, { run, jobs: batch, now }));
    batch.forEach((job, index) => ids.set(job.key, added[index] ?? 0));
  }
  return jobs.map((job) => ids.get(job.key) ?? 0);
}

function* batches(jobs: readonly NewJob[]): Generator<NewJob[]> {
  let batch: NewJob[] = [];
  let size = 0;
  for (const job of jobs) {
    if (batch.length === jobsAtOnce || (batch.length > 0 && size + job.config.length > mostCharacters)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(job);
    size += job.config.length;
  }
  if (batch.length > 0) yield batch;
}

async function addBatch(tables: Tables, op: string, { run, jobs, now }: EnqueueParams) {
  const record = await tables.get<RunItem>(tables.results, resultKeys.run(run));
  if (record === null) throw new RunNotFoundError(run);
  const keys = jobs.map((job) => resultKeys.jobKey(run, job.key));
  const known = (await tables.getMany<JobKeyItem>(tables.results, keys)).map((item) => item?.jobId);
  const missing = jobs.filter((_, index) => known[index] === undefined);
  if (missing.length === 0) return { result: known.map((id) => id ?? 0), writes: [] };
  if (record.closed) throw new RunClosedError(run);
  let next = await nextIds(tables, missing.length);
  const writes: Write[] = [countQueued(tables, { run, added: missing, now })];
  const result = jobs.map((job, index) => {
    const had = known[index];
    if (had !== undefined) return had;
    const jobId = next++;
    const mark = { ...resultKeys.jobKey(run, job.key), jobId };
    writes.push(
      putNext<JobKeyItem>(tables.results, op, { item: mark, before: null }),
      putJob(tables, op, { job: newRecord(job, { run, jobId, owner: record.owner, now }), before: null }),
    );
    return jobId;
  });
  return { result, writes };
}

/** Takes numbers from the counter; those of a try that fails are never used. Returns the first of them. */
async function nextIds(tables: Tables, count: number): Promise<number> {
  const counter = await tables.update({
    TableName: tables.results,
    Key: resultKeys.counter,
    UpdateExpression: 'ADD #last :count',
    ExpressionAttributeNames: { '#last': 'last' },
    ExpressionAttributeValues: { ':count': count },
    ReturnValues: 'UPDATED_NEW',
  });
  return Number(counter['last']) - count + 1;
}

function countQueued(
  tables: Tables,
  { run, added, now }: { run: string; added: readonly NewJob[]; now: number },
): Write {
  const byQueue = Map.groupBy(added, queueOf);
  const tally = additions(
    new Map([...byQueue].map(([queue, jobs]) => [tallyName('queued', queue), jobs.length])),
  );
  return {
    Update: {
      TableName: tables.results,
      Key: resultKeys.run(run),
      UpdateExpression: `SET #updatedAt = :now ${tally.expression}`,
      ConditionExpression: '#closed = :false',
      ExpressionAttributeNames: { ...tally.names, '#updatedAt': 'updatedAt', '#closed': 'closed' },
      ExpressionAttributeValues: { ...tally.values, ':now': now, ':false': false },
    },
  };
}

/** Notes which queues exist, before anything is in them: whoever looks into the queues finds them by this. */
async function noteQueues(tables: Tables, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return;
  await tables.update({
    TableName: tables.results,
    Key: resultKeys.queues,
    UpdateExpression: 'ADD #lists :lists',
    ExpressionAttributeNames: { '#lists': 'lists' },
    ExpressionAttributeValues: { ':lists': new Set(jobs.map(queueOf)) },
  });
}

function newRecord(
  job: NewJob,
  { run, jobId, owner, now }: { run: string; jobId: number; owner: string; now: number },
): JobRecord {
  return {
    ...job,
    run,
    jobId,
    owner,
    status: 'queued',
    attempt: 0,
    fence: null,
    nodes: [],
    leaseUntil: null,
    runner: null,
    killRequested: null,
    submittedAt: now,
    startedAt: null,
    finishedAt: null,
    durationSeconds: null,
    failureReason: null,
    actor: null,
  };
}

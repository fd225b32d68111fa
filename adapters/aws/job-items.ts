import { machineTypes } from '../../core/locks/match.ts';
import type { AttemptRef, JobRecord } from '../../core/ports/job-store.ts';
import type { JobStatus } from '../../core/results/job-state.ts';
import { partitions, resultKeys, shardOfJob, sortable } from './keys.ts';
import { moveJobs } from './run-tally.ts';
import type { Item, Tables, Write } from './table.ts';
import { putNext } from './transition.ts';

/** A job as the table has it: the domain's record, and what the indexes need. */
export interface JobItem extends Item {
  readonly job: JobRecord;
  readonly status: JobStatus; // the record's, for the index of the run
  readonly idSk: string;
  readonly runPk: string;
  readonly statusPk: string;
  readonly queuePk?: string; // only while it is queued, as all of these
  readonly queueSk?: string;
  readonly expiringPk?: string;
  readonly expiringSk?: string;
}

/** Marks a key of a run as taken by a job. */
export interface JobKeyItem extends Item {
  readonly jobId: number;
}

/** The job, or null when it is not one of this run. */
export async function readJob(
  tables: Tables,
  { run, jobId }: { run: string; jobId: number },
): Promise<JobItem | null> {
  const item = await tables.get<JobItem>(tables.results, resultKeys.job(jobId));
  return item?.job.run === run ? item : null;
}

type StoredJob = Omit<JobRecord, 'roleWishes'> & Partial<Pick<JobRecord, 'roleWishes'>>;

/** The record of a job as the table has it: one that came before jobs could ask for nodes that differ says nothing of that. */
export function jobOf({ job }: { readonly job: StoredJob }): JobRecord {
  return { roleWishes: null, ...job };
}

/** The job, if this attempt is its latest. */
export async function currentAttempt(tables: Tables, attempt: AttemptRef): Promise<JobItem | null> {
  const item = await readJob(tables, attempt);
  return item?.job.fence === attempt.fence ? item : null;
}

/** The write that puts a job, with its places in the indexes, on condition that it is still as it was read. */
export function putJob(
  tables: Tables,
  op: string,
  { job, before }: { job: JobRecord; before: JobItem | null },
): Write {
  const shard = shardOfJob(job.jobId);
  const id = sortable(job.jobId);
  const item: Omit<JobItem, 'version' | 'op'> = {
    ...resultKeys.job(job.jobId),
    job,
    status: job.status,
    idSk: id,
    runPk: partitions.byRun(job.run, shard),
    statusPk: partitions.byStatus(job.status, shard),
    ...(job.status === 'queued' && {
      queuePk: partitions.queue(queueOf(job), shard),
      queueSk: `${sortable(job.priority)}#${id}`,
      ...(job.expiresAt !== null && {
        expiringPk: partitions.expiring(shard),
        expiringSk: `${sortable(job.expiresAt)}#${id}`,
      }),
    }),
  };
  return putNext<JobItem>(tables.results, op, { item, before });
}

/** The queue of a job: the machine types it accepts, in order and each once. */
export function queueOf({ machineType }: Pick<JobRecord, 'machineType'>): string {
  return [...new Set(machineTypes(machineType))].sort().join(',');
}

/** The write that tells the run of a job where it goes. */
export function moveCount(
  tables: Tables,
  { job, to, now }: { job: JobRecord; to: JobStatus; now: number },
): Write {
  const move = { jobId: job.jobId, queue: queueOf(job), from: job.status, to };
  return moveJobs(tables, { run: job.run, moves: [move], now });
}

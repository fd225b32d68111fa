import { compareCodePoints } from '../../core/config/code-point-order.ts';
import { wishKey } from '../../core/locks/wish-key.ts';
import type { JobRecord, JobStore, QueueExclusion } from '../../core/ports/job-store.ts';
import { jobStatuses } from '../../core/results/job-state.ts';
import type { JobStatus } from '../../core/results/job-state.ts';
import { enqueue } from './job-enqueue.ts';
import { jobOf, putJob, readJob } from './job-items.ts';
import { pageOfJobs } from './job-pages.ts';
import type { IndexEntry } from './job-pages.ts';
import { allShards, partitions, resultKeys, sortable } from './keys.ts';
import type { Key } from './keys.ts';
import type { Tables } from './table.ts';
import { transition } from './transition.ts';

type Queue = Pick<JobStore, 'enqueue' | 'getJob' | 'listJobs' | 'queueHead' | 'queuedTypes' | 'setPriority'>;

/**
 * The part of the job store that holds jobs and their order. What indexes say may be a moment old; the jobs themselves are then
 * read as they are, and left out where they do not fit any more.
 */
export function dynamoQueue(tables: Tables): Queue {
  return {
    enqueue: async (params) => enqueue(tables, params),
    async getJob(run, jobId) {
      const item = await readJob(tables, { run, jobId });
      return item === null ? null : jobOf(item);
    },
    /** One query for each shard, and for each status when no run is named; one read for each hundred jobs. */
    async listJobs({ run, statuses = jobStatuses, limit, offset = 0, after }) {
      const wanted = new Set(statuses);
      const places = allShards().flatMap((shard): Place[] =>
        run === undefined
          ? [...wanted].map((status) => ['by-status', 'statusPk', partitions.byStatus(status, shard)])
          : [['by-run', 'runPk', partitions.byRun(run, shard)]],
      );
      // Where each entry counts, no partition can have more of the page than the whole of it.
      const counts = run === undefined || wanted.size === jobStatuses.length;
      return pageOfJobs(tables, {
        next: async (behind, most) => {
          const limited = counts ? most : undefined;
          const found = await Promise.all(
            places.map((place) => entriesOf(tables, { place, most: limited, behind })),
          );
          return found.flat().filter(({ status }) => status === undefined || wanted.has(status));
        },
        fits: (job) => wanted.has(job.status),
        behind: after === undefined ? '' : sortable(after),
        offset,
        limit,
      });
    },
    /** One read of the queues in use, one query for each shard of those that hold the type, one read for each hundred jobs, those left out included. */
    async queueHead(machineType, limit, after, without) {
      const isWithout = leftOut(without);
      const lists = (await queuesInUse(tables)).filter((list) => list.split(',').includes(machineType));
      const places = lists.flatMap((list) => allShards().map((shard) => ({ list, shard })));
      return pageOfJobs(tables, {
        next: async (behind, most) =>
          (
            await Promise.all(places.map((place) => headOf(tables, { ...place, behind, limit: most })))
          ).flat(),
        fits: (job) => job.status === 'queued' && !isWithout(job),
        behind: after === undefined ? '' : `${sortable(after.priority)}#${sortable(after.jobId)}`,
        offset: 0,
        limit,
      });
    },
    async queuedTypes() {
      const lists = await Promise.all(
        (await queuesInUse(tables)).map(async (list) => {
          const heads = await Promise.all(
            allShards().map((shard) => headOf(tables, { list, shard, behind: '', limit: 1 })),
          );
          return heads.flat().length > 0 ? list.split(',') : [];
        }),
      );
      return [...new Set(lists.flat())].sort(compareCodePoints);
    },
    async setPriority({ run, jobId, priority, now }) {
      return transition(tables, async (op) => {
        const before = await readJob(tables, { run, jobId });
        if (before?.job.status !== 'queued') return { result: 'stale', writes: [] };
        const touched = {
          TableName: tables.results,
          Key: resultKeys.run(run),
          UpdateExpression: 'SET #updatedAt = :now',
          ExpressionAttributeNames: { '#updatedAt': 'updatedAt' },
          ExpressionAttributeValues: { ':now': now },
        };
        const writes = [
          putJob(tables, op, { job: { ...before.job, priority }, before }),
          { Update: touched },
        ];
        return { result: 'ok', writes };
      });
    },
  };
}

function leftOut(without: QueueExclusion = { owners: [], wishes: [] }): (job: JobRecord) => boolean {
  const owners = new Set(without.owners);
  const wishes = new Set(without.wishes.map(wishKey));
  return (job) => owners.has(job.owner) || wishes.has(wishKey(job));
}

type Place = readonly [index: string, attribute: string, value: string];

async function entriesOf(
  tables: Tables,
  params: { place: Place; most: number | undefined; behind: string },
): Promise<(IndexEntry & { status?: JobStatus })[]> {
  const { most, behind } = params;
  const [index, attribute, value] = params.place;
  const entries = await tables.query<Key & { idSk: string; status?: JobStatus }>({
    TableName: tables.results,
    IndexName: index,
    KeyConditionExpression: behind === '' ? '#pk = :pk' : '#pk = :pk AND idSk > :behind',
    ExpressionAttributeNames: { '#pk': attribute },
    ExpressionAttributeValues: { ':pk': value, ...(behind !== '' && { ':behind': behind }) },
    ...(most !== undefined && { Limit: most }),
  });
  return entries.map((entry) => ({ ...entry, place: entry.idSk }));
}

async function queuesInUse(tables: Tables): Promise<string[]> {
  const item = await tables.get<Key & { lists: Set<string> }>(tables.results, resultKeys.queues);
  return [...(item?.lists ?? [])];
}

async function headOf(
  tables: Tables,
  { list, shard, behind, limit }: { list: string; shard: number; behind: string; limit: number },
): Promise<IndexEntry[]> {
  const entries = await tables.query<Key & { queueSk: string }>({
    TableName: tables.results,
    IndexName: 'queue',
    KeyConditionExpression: behind === '' ? 'queuePk = :pk' : 'queuePk = :pk AND queueSk > :behind',
    ExpressionAttributeValues: {
      ':pk': partitions.queue(list, shard),
      ...(behind !== '' && { ':behind': behind }),
    },
    Limit: limit,
  });
  return entries.map((entry) => ({ ...entry, place: entry.queueSk }));
}

import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { JobRecord, JobStore } from '../../core/ports/job-store.ts';
import type { JobStatus } from '../../core/results/job-state.ts';
import { enqueue } from './job-enqueue.ts';
import { putJob, readJob } from './job-items.ts';
import type { JobItem } from './job-items.ts';
import { allShards, partitions, resultKeys, sortable } from './keys.ts';
import type { Key } from './keys.ts';
import type { Tables } from './table.ts';
import { transition } from './transition.ts';

type Queue = Pick<JobStore, 'enqueue' | 'getJob' | 'listJobs' | 'queueHead' | 'queuedTypes' | 'setPriority'>;

const everyStatus: readonly JobStatus[] = ['queued', 'waiting', 'running', 'pass', 'fail', 'dead'];

/**
 * The part of the job store that holds jobs and their order. What indexes say may be a moment old; the jobs themselves are then
 * read as they are, and left out where they do not fit any more.
 */
export function dynamoQueue(tables: Tables): Queue {
  return {
    enqueue: async (params) => enqueue(tables, params),
    getJob: async (run, jobId) => (await readJob(tables, { run, jobId }))?.job ?? null,
    /** One query for each shard, and for each status when no run is named; one read for each hundred jobs. */
    async listJobs({ run, statuses = everyStatus, limit, offset = 0, after }) {
      const wanted = new Set(statuses);
      const places = allShards().flatMap((shard): Place[] =>
        run === undefined
          ? [...wanted].map((status) => ['by-status', 'statusPk', partitions.byStatus(status, shard)])
          : [['by-run', 'runPk', partitions.byRun(run, shard)]],
      );
      // Where each entry counts, no partition can have more of the page than the whole of it.
      const most = run === undefined || wanted.size === everyStatus.length ? offset + limit : undefined;
      const found = await Promise.all(places.map((place) => entriesOf(tables, { place, most, after })));
      const keys = found
        .flat()
        .filter(({ status }) => status === undefined || wanted.has(status))
        .sort((a, b) => compareCodePoints(a.idSk, b.idSk))
        .slice(offset, offset + limit);
      return (await readJobs(tables, keys)).filter((job) => wanted.has(job.status));
    },
    /** One read of the queues in use, one query for each shard of those that hold the type, one read for each hundred jobs. */
    async queueHead(machineType, limit, after) {
      const behind = after === undefined ? '' : `${sortable(after.priority)}#${sortable(after.jobId)}`;
      const lists = (await queuesInUse(tables)).filter((list) => list.split(',').includes(machineType));
      const found = await Promise.all(
        lists.flatMap((list) => allShards().map((shard) => headOf(tables, { list, shard, behind, limit }))),
      );
      const keys = found
        .flat()
        .sort((a, b) => compareCodePoints(a.queueSk, b.queueSk))
        .slice(0, limit);
      return (await readJobs(tables, keys)).filter((job) => job.status === 'queued');
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

type Place = readonly [index: string, attribute: string, value: string];

async function entriesOf(
  tables: Tables,
  params: { place: Place; most: number | undefined; after: number | undefined },
): Promise<(Key & { idSk: string; status?: JobStatus })[]> {
  const { most, after } = params;
  const [index, attribute, value] = params.place;
  return tables.query({
    TableName: tables.results,
    IndexName: index,
    KeyConditionExpression: after === undefined ? '#pk = :pk' : '#pk = :pk AND idSk > :after',
    ExpressionAttributeNames: { '#pk': attribute },
    ExpressionAttributeValues: {
      ':pk': value,
      ':after': after === undefined ? undefined : sortable(after),
    },
    ...(most !== undefined && { Limit: most }),
  });
}

/** Jobs by their keys, in that order, without those that are gone. */
export async function readJobs(tables: Tables, keys: readonly Key[]): Promise<JobRecord[]> {
  const items = await tables.getMany<JobItem>(tables.results, keys);
  return items.filter((item) => item !== null).map((item) => item.job);
}

async function queuesInUse(tables: Tables): Promise<string[]> {
  const item = await tables.get<Key & { lists: Set<string> }>(tables.results, resultKeys.queues);
  return [...(item?.lists ?? [])];
}

async function headOf(
  tables: Tables,
  { list, shard, behind, limit }: { list: string; shard: number; behind: string; limit: number },
): Promise<(Key & { queueSk: string })[]> {
  return tables.query({
    TableName: tables.results,
    IndexName: 'queue',
    KeyConditionExpression: behind === '' ? 'queuePk = :pk' : 'queuePk = :pk AND queueSk > :behind',
    ExpressionAttributeValues: {
      ':pk': partitions.queue(list, shard),
      ...(behind !== '' && { ':behind': behind }),
    },
    Limit: limit,
  });
}

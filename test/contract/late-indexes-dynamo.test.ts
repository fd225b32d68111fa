import { expect, test } from 'vitest';
import { dynamoJobStore } from '../../adapters/aws/job-store.ts';
import { resultKeys } from '../../adapters/aws/keys.ts';
import { dynamoLabCounts } from '../../adapters/aws/lab-counts.ts';
import { dynamoRunEvents } from '../../adapters/aws/run-events.ts';
import { mostChanges } from '../../adapters/aws/settle-run.ts';
import type { RunItem } from '../../adapters/aws/run-tally.ts';
import type { Tables } from '../../adapters/aws/table.ts';
import { newJob, newRun } from '../fixtures/lab-records.ts';
import { describeDynamo } from './describe-dynamo.ts';
import { tablesAt } from './dynamo-client.ts';

/** Tables whose indexes say, from `stop` on, what they said at that moment: entries by `pk` of the index, in order. */
function lateTables(tables: Tables): { tables: Tables; stop: () => Promise<void> } {
  let kept: Map<string, { sort: string; entry: unknown }[]> | null = null;
  const query: Tables['query'] = async <T>(input: Parameters<Tables['query']>[0]) => {
    if (kept === null || input.IndexName === undefined) return tables.query<T>(input);
    const { ':pk': pk, ':behind': behind = '' } = input.ExpressionAttributeValues ?? {};
    const entries = kept.get(`${input.IndexName} ${String(pk)}`) ?? [];
    const left = entries.filter(({ sort }) => sort > String(behind)).map(({ entry }) => entry as T);
    return input.Limit === undefined ? left : left.slice(0, input.Limit);
  };
  const stop = async () => {
    const found = new Map<string, { sort: string; entry: unknown }[]>();
    for (const shard of [0, 1, 2, 3]) {
      const partitions = [
        ['queue', 'queuePk', 'queueSk', `smithi#${shard}`],
        ['by-status', 'statusPk', 'idSk', `queued#${shard}`],
      ] as const;
      for (const [index, attribute, sort, pk] of partitions) {
        const entries = await tables.query<Record<string, string>>({
          TableName: tables.results,
          IndexName: index,
          KeyConditionExpression: '#pk = :pk',
          ExpressionAttributeNames: { '#pk': attribute },
          ExpressionAttributeValues: { ':pk': pk },
        });
        found.set(
          `${index} ${pk}`,
          entries.map((entry) => ({ sort: entry[sort] ?? '', entry })),
        );
      }
    }
    kept = found;
  };
  return { tables: { ...tables, query }, stop };
}

describeDynamo('indexes that are late', (setup) => {
  const keys = (count: number) =>
    Array.from({ length: count }, (_, index) => newJob(`k${index}`, { nodeCount: 0, machineType: 'smithi' }));

  test('cut no page short while more jobs follow, and hide no job of a run from a kill', async () => {
    const { place, close } = await setup();
    try {
      const late = lateTables(tablesAt(place));
      const jobs = dynamoJobStore(late.tables);
      await jobs.createRun(newRun('r'));
      const ids = await jobs.enqueue({ run: 'r', jobs: keys(12), now: 2 });
      await late.stop();
      for (const jobId of ids.slice(0, 7))
        await jobs.claim({ run: 'r', jobId, nodes: [], leaseUntil: 9, now: 3 });
      const left = ids.slice(7);
      const idsOf = (records: readonly { jobId: number }[]) => records.map(({ jobId }) => jobId);
      expect(idsOf(await jobs.queueHead('smithi', 3))).toEqual(left.slice(0, 3));
      expect(idsOf(await jobs.queueHead('smithi', 99))).toEqual(left);
      expect(idsOf(await jobs.listJobs({ statuses: ['queued'], limit: 4 }))).toEqual(left.slice(0, 4));
      expect(idsOf(await jobs.listJobs({ statuses: ['queued'], limit: 9 }))).toEqual(left);
      // The index of the run says nothing at all.
      expect(await jobs.kill({ run: 'r', actor: 'me', reason: 'no', now: 4 })).toEqual(ids);
      expect((await jobs.getRun('r'))?.counts).toMatchObject({ queued: 0, waiting: 7, dead: 5 });
    } finally {
      await close();
    }
  });

  test('a run stays small however many changes it has, which are all told, and its numbers outlive it', async () => {
    const { place, jobs, close } = await setup();
    try {
      const tables = tablesAt(place);
      const events = dynamoRunEvents(tables);
      const counts = dynamoLabCounts(tables);
      await jobs.createRun(newRun('r'));
      const ids = await jobs.enqueue({ run: 'r', jobs: keys(150), now: 2 });
      await jobs.closeRun('r', 2);
      expect(await counts.openRuns()).toBe(1);
      expect(await jobs.kill({ run: 'r', actor: 'me', reason: 'no', now: 3 })).toEqual(ids);
      const item = await tables.get<RunItem>(tables.results, resultKeys.run('r'));
      expect(item?.changes.length).toBeLessThan(mostChanges);
      expect(item).toMatchObject({ folded: true });
      const told = await events.after('r', 0, 1000);
      expect(told.map(({ jobId }) => jobId)).toEqual(ids);
      expect(told.map(({ seq }) => seq)).toEqual(ids.map((_, index) => index + 1));
      expect(await events.after('r', 90, 20)).toEqual(told.slice(90, 110));
      expect(told[149]).toMatchObject({ status: 'dead', reason: 'no' });
      expect(await counts.jobs()).toEqual([{ machineType: 'smithi', status: 'dead', count: 150 }]);
      expect(await counts.openRuns()).toBe(0);
    } finally {
      await close();
    }
  });
});

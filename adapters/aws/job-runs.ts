import type { JobStore, RunRecord } from '../../core/ports/job-store.ts';

import { resultKeys } from './keys.ts';
import { toRun } from './run-tally.ts';
import type { RunItem } from './run-tally.ts';
import { settleRun } from './settle-run.ts';
import type { Item, Tables } from './table.ts';
import { putNext, transition } from './transition.ts';

type Runs = Pick<JobStore, 'createRun' | 'closeRun' | 'getRun' | 'listRuns'>;

/** The part of the job store that keeps runs. */
export function dynamoRuns(tables: Tables): Runs {
  const read = async (run: string) => tables.get<RunItem>(tables.results, resultKeys.run(run));
  return {
    async createRun({ now, ...fields }) {
      const run: Omit<RunRecord, 'counts'> = { ...fields, submittedAt: now, updatedAt: now, closed: false };
      return transition(tables, async (op) => {
        if ((await read(run.name)) !== null) return { result: 'exists', writes: [] };
        const item = { ...resultKeys.run(run.name), ...run, changes: [], changesBefore: 0 };
        const open = resultKeys.openRun(run.name);
        const listed = { ...resultKeys.listedRun(run.name, now), name: run.name };
        return {
          result: 'created',
          writes: [
            putNext<RunItem>(tables.results, op, { item, before: null }),
            putNext<Item & { name: string }>(tables.results, op, { item: listed, before: null }),
            putNext<Item>(tables.results, op, { item: open, before: null }),
          ],
        };
      });
    },
    async closeRun(run, now) {
      await transition(tables, async () => {
        const found = await read(run);
        if (found === null || found.closed) return { result: undefined, writes: [] };
        const close = {
          TableName: tables.results,
          Key: resultKeys.run(run),
          UpdateExpression: 'SET #closed = :true, #updatedAt = :now',
          ConditionExpression: '#closed = :false',
          ExpressionAttributeNames: { '#closed': 'closed', '#updatedAt': 'updatedAt' },
          ExpressionAttributeValues: { ':true': true, ':false': false, ':now': now },
        };
        return { result: undefined, writes: [{ Update: close }] };
      });
      await settleRun(tables, run);
    },
    async getRun(run) {
      const item = await read(run);
      return item === null ? null : toRun(item);
    },
    /** One query and one read for each hundred. */
    async listRuns({ limit, offset = 0, after }) {
      const behind = after && resultKeys.listedRun(after.name, after.submittedAt).sk;
      const listed = await tables.query<{ name: string }>({
        TableName: tables.results,
        ConsistentRead: true,
        KeyConditionExpression: behind === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :behind',
        ExpressionAttributeValues: { ':pk': resultKeys.runs, ':behind': behind },
        ScanIndexForward: false,
        Limit: offset + limit,
      });
      const keys = listed.slice(offset).map(({ name }) => resultKeys.run(name));
      const runs = await tables.getMany<RunItem>(tables.results, keys);
      return runs.filter((run) => run !== null).map(toRun);
    },
  };
}

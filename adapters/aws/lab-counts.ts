import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { Node } from '../../core/locks/node.ts';
import type { LabCounts } from '../../core/ports/lab-counts.ts';
import type { JobStatus } from '../../core/results/job-state.ts';
import { resultKeys } from './keys.ts';
import type { Key } from './keys.ts';
import { dynamoNodeStore } from './node-store.ts';
import { isOver, tallyOf } from './run-tally.ts';
import type { RunItem } from './run-tally.ts';
import { settleRun } from './settle-run.ts';
import type { Tables } from './table.ts';

/** How often numbers are read again because a run ended meanwhile. */
const mostTries = 5;

/**
 * Numbers about a lab on DynamoDB: those of the runs that are open, one read for each hundred, and the sum of those that are over, in one
 * item. A run that is over and was not added yet, since whoever ended it died, is added.
 */
export function dynamoLabCounts(tables: Tables): LabCounts {
  return {
    async jobs() {
      const { total, open } = await numbers(tables);
      const counts = new Map<string, { machineType: string; status: JobStatus; count: number }>();
      for (const { queue: machineType, status, count } of [total, ...open].flatMap(tallyOf)) {
        const key = `${machineType}\0${status}`;
        counts.set(key, { machineType, status, count: (counts.get(key)?.count ?? 0) + count });
      }
      return [...counts].sort(([a], [b]) => compareCodePoints(a, b)).map(([, count]) => count);
    },
    nodes: async () => countNodes(await dynamoNodeStore(tables).list()),
    async openRuns() {
      const open = await openRuns(tables);
      const over = open.filter(isOver);
      for (const run of over) await settleRun(tables, run.name);
      return open.length - over.length;
    },
  };
}

async function openRuns(tables: Tables): Promise<RunItem[]> {
  const listed = await tables.query<Key>({
    TableName: tables.results,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': resultKeys.openRuns },
  });
  const keys = listed.map(({ sk }) => resultKeys.run(sk));
  const items = await tables.getMany<RunItem>(tables.results, keys);
  return items.filter((item) => item !== null);
}

/** Numbers that belong together: no run was added to the sum between the reads. */
async function numbers(tables: Tables): Promise<{ total: object; open: RunItem[] }> {
  const readTotal = async () =>
    (await tables.get<Key & { version: number }>(tables.results, resultKeys.total)) ?? { version: 0 };
  for (let tries = 1; ; tries++) {
    const total = await readTotal();
    const open = await openRuns(tables);
    if (tries === mostTries || (await readTotal()).version === total.version) return { total, open };
  }
}

function countNodes(nodes: readonly Node[]): Awaited<ReturnType<LabCounts['nodes']>> {
  const groups = Map.groupBy(nodes, ({ machineType, state }) => `${machineType}\0${state}`);
  return [...groups]
    .sort(([a], [b]) => compareCodePoints(a, b))
    .flatMap(([, [first, ...others]]) => {
      if (first === undefined) return [];
      const since = [first, ...others].flatMap(({ lock }) => lock?.since ?? []);
      const lockedSince = since.length === 0 ? null : Math.min(...since);
      return [{ machineType: first.machineType, state: first.state, count: others.length + 1, lockedSince }];
    });
}

import type { JobEvent, RunEvents } from '../../core/ports/run-events.ts';
import { isFinal } from '../../core/results/job-state.ts';
import type { JobItem } from './job-items.ts';
import { resultKeys, sortable } from './keys.ts';
import type { RunItem, StatusChange } from './run-tally.ts';
import { mostChanges } from './settle-run.ts';
import type { ChangesItem } from './settle-run.ts';
import type { Tables } from './table.ts';

/**
 * The changes of status on DynamoDB. The newest lie in the run itself, where they are appended in the transaction that moves the job;
 * that gives them their order. One read when there is no news; one query more for older ones, and one read for each hundred ends.
 */
export function dynamoRunEvents(tables: Tables): RunEvents {
  const read = async (run: string) => tables.get<RunItem>(tables.results, resultKeys.run(run));
  return {
    async after(run, after, limit) {
      // The run first: what is moved into a chunk meanwhile is then seen twice, and not missed.
      const item = await read(run);
      if (item === null || limit < 1) return [];
      const found = new Map<number, StatusChange>();
      if (after < item.changesBefore) {
        for (const chunk of await chunksAfter(tables, { run, after, limit })) note(found, chunk);
      }
      note(found, { first: item.changesBefore + 1, changes: item.changes });
      const seqs = [...found.keys()].filter((seq) => seq > after).sort((a, b) => a - b);
      return withReasons(tables, seqs.slice(0, limit), found);
    },
    async last(run) {
      const item = await read(run);
      return item === null ? 0 : item.changesBefore + item.changes.length;
    },
  };
}

async function chunksAfter(
  tables: Tables,
  { run, after, limit }: { run: string; after: number; limit: number },
): Promise<ChangesItem[]> {
  return tables.query<ChangesItem>({
    TableName: tables.results,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk and sk > :after',
    ExpressionAttributeValues: { ':pk': resultKeys.changes(run, 0).pk, ':after': sortable(after) },
    Limit: Math.ceil(limit / mostChanges) + 1,
  });
}

function note(
  found: Map<number, StatusChange>,
  { first, changes }: Pick<ChangesItem, 'first' | 'changes'>,
): void {
  for (const [index, change] of changes.entries()) found.set(first + index, change);
}

/** A job that is at its end stays there: its reason is the one of the change that brought it there. */
async function withReasons(
  tables: Tables,
  seqs: readonly number[],
  found: ReadonlyMap<number, StatusChange>,
): Promise<JobEvent[]> {
  const changes = seqs.flatMap((seq) => {
    const change = found.get(seq);
    return change === undefined ? [] : [{ seq, jobId: change.j, status: change.s }];
  });
  const failed = changes.filter(({ status }) => isFinal(status) && status !== 'pass');
  const keys = failed.map(({ jobId }) => resultKeys.job(jobId));
  const items = await tables.getMany<JobItem>(tables.results, keys);
  const reasons = new Map(failed.map(({ jobId }, index) => [jobId, items[index]?.job.failureReason ?? null]));
  return changes.map((change) => ({
    ...change,
    reason: isFinal(change.status) ? (reasons.get(change.jobId) ?? null) : null,
  }));
}

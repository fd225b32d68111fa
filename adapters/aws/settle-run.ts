import { resultKeys } from './keys.ts';
import type { Key } from './keys.ts';
import { additions, isOver, tallyName, tallyOf } from './run-tally.ts';
import type { RunItem, StatusChange } from './run-tally.ts';
import type { Tables } from './table.ts';

/** Older changes of status of a run: those numbered from `first`. */
export interface ChangesItem extends Key {
  readonly first: number;
  readonly changes: readonly StatusChange[];
}

/** A run bears no more changes of status than that for long: each write of it is paid by its size. */
export const mostChanges = 64;

/** What one update can take out of a list: its expression is limited. */
const mostMoved = 100;

/**
 * Keeps the item of a run small, and the list of open runs short: moves its older changes of status into chunks of their own, and adds
 * the numbers of a run that is over to those of the lab, once. Whoever comes second, or dies before, leaves nothing wrong
 * behind, only something to do. One read when there is nothing to do.
 */
export async function settleRun(tables: Tables, run: string): Promise<void> {
  for (;;) {
    const item = await tables.get<RunItem>(tables.results, resultKeys.run(run));
    if (item === null) return;
    const toMove = item.changes.length >= mostChanges;
    if (toMove && !(await moveChanges(tables, item))) return;
    if (toMove) continue;
    if (isOver(item) && item.folded !== true) await foldRun(tables, item);
    return;
  }
}

async function moveChanges(tables: Tables, item: RunItem): Promise<boolean> {
  const moved = item.changes.slice(0, mostMoved);
  const before = item.changesBefore;
  const chunk: ChangesItem = {
    ...resultKeys.changes(item.name, before + moved.length),
    first: before + 1,
    changes: moved,
  };
  const shortened = {
    TableName: tables.results,
    Key: resultKeys.run(item.name),
    UpdateExpression: `SET #before = :after REMOVE ${moved.map((_, index) => `#changes[${index}]`).join(', ')}`,
    ConditionExpression: '#before = :before',
    ExpressionAttributeNames: { '#before': 'changesBefore', '#changes': 'changes' },
    ExpressionAttributeValues: { ':before': before, ':after': before + moved.length },
  };
  const put = { TableName: tables.results, Item: { ...chunk } };
  return (await tables.transact([{ Put: put }, { Update: shortened }])) === 'ok';
}

async function foldRun(tables: Tables, item: RunItem): Promise<void> {
  const tally = tallyOf(item).filter(({ count }) => count > 0);
  const added = additions(
    new Map(tally.map(({ status, queue, count }) => [tallyName(status, queue), count])),
  );
  const folded = {
    TableName: tables.results,
    Key: resultKeys.run(item.name),
    UpdateExpression: 'SET #folded = :true',
    ConditionExpression: 'attribute_not_exists(#folded)',
    ExpressionAttributeNames: { '#folded': 'folded' },
    ExpressionAttributeValues: { ':true': true },
  };
  const total = {
    TableName: tables.results,
    Key: resultKeys.total,
    UpdateExpression: `${added.expression === '' ? 'ADD' : `${added.expression},`} #version :one`,
    ExpressionAttributeNames: { ...added.names, '#version': 'version' },
    ExpressionAttributeValues: { ...added.values, ':one': 1 },
  };
  const Delete = { TableName: tables.results, Key: resultKeys.openRun(item.name) };
  await tables.transact([{ Update: folded }, { Update: total }, { Delete }]);
}

import { randomUUID } from 'node:crypto';
import { backOff } from './back-off.ts';
import type { Item, Tables, Write } from './table.ts';

/** What a decision is about: what to write, and what to answer once it is written. */
export interface Decision<Result> {
  readonly result: Result;
  readonly writes: readonly Write[]; // none = nothing changes
}

/**
 * One atomic transition: reads, decides, and writes on condition that nothing of what was read has changed; otherwise all of it again.
 * `op` goes into every item that is put. Where the answer to a write was lost and the write is made again, the first item
 * still bears this call's `op`: then it has happened, and its first result is the answer. That does not lean on
 * ClientRequestToken, which AWS forgets after ten minutes and stand-ins do not know.
 */
export async function transition<Result>(
  tables: Tables,
  decide: (op: string) => Promise<Decision<Result>>,
): Promise<Result> {
  const op = randomUUID();
  for (let tries = 1; ; tries++) {
    const { result, writes } = await decide(op);
    if (writes.length === 0) return result;
    if ((await tables.transact(writes)) === 'ok') return result;
    if (await bears(tables, { op, writes })) return result;
    await backOff(tries);
  }
}

async function bears(
  tables: Tables,
  { op, writes }: { op: string; writes: readonly Write[] },
): Promise<boolean> {
  const put = writes.find((write) => write.Put !== undefined)?.Put;
  if (put === undefined) return false;
  const { pk, sk } = put.Item as Item;
  return (await tables.get<Item>(String(put.TableName), { pk, sk }))?.op === op;
}

/** Puts the next version of an item that was read, or a new one, on condition that it is still as it was. */
export function putNext<T extends Item>(table: string, op: string, { item, before }: Change<T>): Write {
  const version = (before?.version ?? 0) + 1;
  return {
    Put: {
      TableName: table,
      Item: { ...item, version, op },
      ...(before === null
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: '#version = :before',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':before': before.version },
          }),
    },
  };
}

export interface Change<T extends Item> {
  readonly item: Omit<T, 'version' | 'op'>;
  readonly before: Pick<Item, 'version'> | null; // null = it must not exist yet
}

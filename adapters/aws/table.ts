import { randomUUID } from 'node:crypto';
import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { QueryCommandInput, TransactWriteCommandInput, UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { backOff } from './back-off.ts';
import type { Key } from './keys.ts';
import { sayWhenThrottled } from './throttling.ts';

/** What every item has; the rest is its own. */
export interface Item extends Key {
  readonly version: number;
  readonly op: string; // the call that wrote it last
}

export type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/**
 * The requests that the stores make. Reads of the table are strongly consistent; those of its indexes cannot be. What the tables refuse
 * for their rate, after the tries of the SDK, is a StoreBusyError.
 */
export interface Tables {
  readonly nodes: string;
  readonly results: string;
  /** Gets one item, or null. One request, half a unit a 4 KB. */
  get<T extends Key>(table: string, key: Key): Promise<T | null>;
  /** Gets items in the order of the keys, null for those that are not there. One request for each hundred. */
  getMany<T extends Key>(table: string, keys: readonly Key[]): Promise<(T | null)[]>;
  /** Reads a partition in order, page after page until it ends or `limit` is reached. */
  query<T>(input: QueryCommandInput & { Limit?: number }): Promise<T[]>;
  /** Puts items without condition, again until the table has taken all of them. One request for each 25. */
  putMany(table: string, items: readonly Key[]): Promise<void>;
  update(input: UpdateCommandInput): Promise<Record<string, unknown>>;
  /** All the writes or none; `refused` when a condition does not hold or another transaction is in the way. */
  transact(writes: readonly Write[]): Promise<'ok' | 'refused'>;
}

/** What one TransactWriteItems takes. */
export const mostWrites = 100;

/** What goes into one transaction, of text: it takes 4 MB, a character may be three bytes, and a job has more than its YAML. */
export const mostCharacters = 1_000_000;

/** The tables behind one client. */
export function openTables(params: {
  readonly client: DynamoDBClient;
  readonly nodes: string;
  readonly results: string;
}): Tables {
  sayWhenThrottled(params.client);
  const client = DynamoDBDocumentClient.from(params.client, {
    marshallOptions: { removeUndefinedValues: true },
  });
  return {
    nodes: params.nodes,
    results: params.results,
    async get<T extends Key>(table: string, key: Key) {
      const found = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
      return (found.Item as T | undefined) ?? null;
    },
    getMany: async <T extends Key>(table: string, keys: readonly Key[]) =>
      getMany<T>(client, { table, keys }),
    async query<T>(input: QueryCommandInput) {
      const items: T[] = [];
      let from: Record<string, unknown> | undefined;
      do {
        const left = input.Limit === undefined ? undefined : input.Limit - items.length;
        const page = await client.send(
          new QueryCommand({
            ...input,
            ...(left !== undefined && { Limit: left }),
            ...(from && { ExclusiveStartKey: from }),
          }),
        );
        items.push(...((page.Items ?? []) as T[]));
        from = page.LastEvaluatedKey;
      } while (from !== undefined && (input.Limit === undefined || items.length < input.Limit));
      return items;
    },
    putMany: async (table, items) => putMany(client, { table, items }),
    update: async (input) => (await client.send(new UpdateCommand(input))).Attributes ?? {},
    async transact(writes) {
      if (writes.length > mostWrites)
        throw new Error(`${writes.length} writes do not fit into a transaction`);
      try {
        // The SDK repeats a request whose answer was lost with its token, and AWS then carries it out once.
        const ClientRequestToken = randomUUID();
        await client.send(new TransactWriteCommand({ TransactItems: [...writes], ClientRequestToken }));
        return 'ok';
      } catch (error) {
        if (isRefusal(error)) return 'refused';
        throw error;
      }
    },
  };
}

/** Whether a transaction was refused for its conditions or for another one at the same items, and may be thought over. */
function isRefusal(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  if (!(error instanceof TransactionCanceledException)) return false;
  const reasons = (error.CancellationReasons ?? []).map(({ Code }) => Code);
  return reasons.every(
    (code) => code === 'None' || code === 'ConditionalCheckFailed' || code === 'TransactionConflict',
  );
}

async function getMany<T extends Key>(
  client: DynamoDBDocumentClient,
  { table, keys }: { table: string; keys: readonly Key[] },
): Promise<(T | null)[]> {
  const found = new Map<string, T>();
  const distinct = [...new Map(keys.map((key) => [textOf(key), key])).values()];
  for (let at = 0; at < distinct.length; at += 100) {
    let left: readonly Key[] = distinct.slice(at, at + 100);
    for (let tries = 0; left.length > 0; tries++) {
      if (tries > 0) await backOff(tries);
      const request = { [table]: { Keys: left.map(({ pk, sk }) => ({ pk, sk })), ConsistentRead: true } };
      const answer = await client.send(new BatchGetCommand({ RequestItems: request }));
      for (const item of (answer.Responses?.[table] ?? []) as T[]) found.set(textOf(item), item);
      left = (answer.UnprocessedKeys?.[table]?.Keys ?? []) as Key[];
    }
  }
  return keys.map((key) => found.get(textOf(key)) ?? null);
}

async function putMany(
  client: DynamoDBDocumentClient,
  { table, items }: { table: string; items: readonly Key[] },
): Promise<void> {
  for (let at = 0; at < items.length; at += 25) {
    let left = items.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } })) as unknown[];
    for (let tries = 0; left.length > 0; tries++) {
      if (tries > 0) await backOff(tries);
      const answer = await client.send(new BatchWriteCommand({ RequestItems: { [table]: left as never } }));
      left = answer.UnprocessedItems?.[table] ?? [];
    }
  }
}

function textOf({ pk, sk }: Key): string {
  return `${pk}\0${sk}`;
}

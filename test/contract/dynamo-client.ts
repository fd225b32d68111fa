import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { dynamoJobStore } from '../../adapters/aws/job-store.ts';
import { dynamoNodeStore } from '../../adapters/aws/node-store.ts';
import { nodesTable, resultsTable } from '../../adapters/aws/table-shapes.ts';
import type { TableShape } from '../../adapters/aws/table-shapes.ts';
import { openTables } from '../../adapters/aws/table.ts';
import type { Tables } from '../../adapters/aws/table.ts';
import type { StoreClient, StoresUnderTest } from './race.ts';

/** Where the tables are; without an endpoint in the account of the surroundings. */
export interface Place {
  readonly endpoint: string | null;
  readonly prefix: string; // of the tables' names
}

/** What a client of any service is made with to reach AWS, or what stands in for it at an endpoint. */
export function settingsAt(endpoint: string | null) {
  if (endpoint === null) return {};
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint, region: 'eu-west-1', credentials };
}

/** A client of AWS, or of what stands in for it at an endpoint. */
export function clientAt(endpoint: string | null): DynamoDBClient {
  return new DynamoDBClient(settingsAt(endpoint));
}

/** The tables of a place, with a client of their own. */
export function tablesAt({ endpoint, prefix }: Place, client = clientAt(endpoint)): Tables {
  return openTables({ client, nodes: `${prefix}-nodes`, results: `${prefix}-results` });
}

/** A client of the stores on DynamoDB; `argument` is a Place in JSON. */
export async function connect(argument: string): Promise<StoreClient> {
  const place = JSON.parse(argument) as Place;
  const client = clientAt(place.endpoint);
  const tables = tablesAt(place, client);
  return {
    jobs: dynamoJobStore(tables),
    nodes: dynamoNodeStore(tables),
    close: () => client.destroy(),
  };
}

/** Empty stores in tables of their own, which go away with `close`. */
export async function setupDynamoStores(
  endpoint: string | null,
): Promise<StoresUnderTest & { readonly place: Place }> {
  const place = { endpoint, prefix: `loligo-test-${crypto.randomUUID()}` };
  const admin = clientAt(endpoint);
  await Promise.all([
    makeTable(admin, `${place.prefix}-nodes`, nodesTable),
    makeTable(admin, `${place.prefix}-results`, resultsTable),
  ]);
  const argument = JSON.stringify(place);
  const client = await connect(argument);
  return {
    ...client,
    place,
    connect: { module: import.meta.url, argument },
    close: async () => {
      await client.close();
      for (const TableName of [`${place.prefix}-nodes`, `${place.prefix}-results`]) {
        await admin.send(new DeleteTableCommand({ TableName }));
      }
      admin.destroy();
    },
  };
}

async function makeTable(client: DynamoDBClient, TableName: string, shape: TableShape): Promise<void> {
  const keys = [shape, ...shape.indexes].flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey]);
  const input: CreateTableCommandInput = {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...new Set(keys)].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keySchema(shape),
    ...(shape.indexes.length > 0 && {
      GlobalSecondaryIndexes: shape.indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keySchema(index),
        Projection:
          index.include.length === 0
            ? { ProjectionType: 'KEYS_ONLY' as const }
            : { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...index.include] },
      })),
    }),
  };
  await client.send(new CreateTableCommand(input));
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
}

function keySchema({ partitionKey, sortKey }: { partitionKey: string; sortKey: string }) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
}

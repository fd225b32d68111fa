import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { StoreBusyError } from '../../core/ports/store-busy.ts';
import { openTables } from './table.ts';

const opened = new AsyncDisposableStack();
afterAll(async () => await opened.disposeAsync());

/** Tables behind a service that answers every request with one error, in the words of DynamoDB. */
async function refusing(answer: object) {
  const server = createServer((_, response) => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  opened.defer(() => {
    client.destroy();
    server.close();
  });
  return openTables({ client, nodes: 'nodes', results: 'results' });
}

test.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
  'a request that is refused with %s finds the store busy',
  async (name) => {
    const tables = await refusing({
      __type: `com.amazonaws.dynamodb.v20120810#${name}`,
      message: 'too much',
    });
    const trouble = await tables.get('nodes', { pk: 'a', sk: 'b' }).catch((error: unknown) => error);
    expect(trouble).toBeInstanceOf(StoreBusyError);
    expect(trouble).toMatchObject({ retryAfterSeconds: 2, cause: { name } });
  },
);

const cancelled = (Code: string) => ({
  __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
  message: 'Transaction cancelled',
  CancellationReasons: [{ Code: 'None' }, { Code }],
});
const Delete = { TableName: 'nodes', Key: { pk: 'a', sk: 'b' } };

test('so does a transaction that is cancelled for its rate, and not one that is for its conditions', async () => {
  const busy = await refusing(cancelled('ThrottlingError'));
  await expect(busy.transact([{ Delete }, { Delete }])).rejects.toBeInstanceOf(StoreBusyError);
  const other = await refusing(cancelled('ConditionalCheckFailed'));
  expect(await other.transact([{ Delete }, { Delete }])).toBe('refused');
});

test('what is refused for another reason says so', async () => {
  const tables = await refusing({
    __type: 'com.amazonaws.dynamodb.v20120810#ValidationException',
    message: 'no',
  });
  await expect(tables.get('nodes', { pk: 'a', sk: 'b' })).rejects.toMatchObject({
    name: 'ValidationException',
  });
});

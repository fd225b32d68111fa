import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { expect, test } from 'vitest';
import { sqsWakeups } from './sqs-wakeups.ts';

test('each poke is a message in the group of its machine type', async () => {
  const server = await startFauxqs({ port: 0, host: 'localhost', logger: false });
  const client = new SQSClient({
    endpoint: `http://localhost:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  try {
    const made = await client.send(
      new CreateQueueCommand({ QueueName: 'wake.fifo', Attributes: { FifoQueue: 'true' } }),
    );
    const queueUrl = `http://localhost:${server.port}${new URL(made.QueueUrl ?? '').pathname}`;
    const wakeups = sqsWakeups({ client, queueUrl });
    const types = ['box', 'rack 1', 'box'];
    for (const type of types) await wakeups.poke(type);
    const seen: (string | undefined)[] = [];
    for (let tries = 0; seen.length < types.length && tries < 5; tries++) {
      const received = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ['MessageGroupId'],
        }),
      );
      for (const { Body, Attributes, ReceiptHandle } of received.Messages ?? []) {
        seen.push(`${Attributes?.MessageGroupId} ${Body}`);
        await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      }
    }
    expect(seen.sort()).toEqual([
      'box {"machineType":"box"}',
      'box {"machineType":"box"}',
      'rack%321 {"machineType":"rack 1"}',
    ]);
  } finally {
    client.destroy();
    await server.stop();
  }
});

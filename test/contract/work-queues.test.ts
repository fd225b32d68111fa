import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { expect, test, vi } from 'vitest';
import { workQueues } from '../../adapters/aws/work-queues.ts';
import type { Node } from '../../core/locks/node.ts';
import { LauncherBusyError } from '../../core/ports/launcher.ts';
import { fakeLauncher } from '../fixtures/fake-lab.ts';
import { describeDynamo } from './describe-dynamo.ts';
import { tablesAt } from './dynamo-client.ts';
import { describeWorkers } from './workers.ts';

/** The queue of boxes, and what a process of the lab makes of it; two of them look at it, as two functions would. */
async function openQueue(place: Parameters<typeof tablesAt>[0]) {
  const server = await startFauxqs({ port: 0, host: 'localhost', logger: false });
  const client = new SQSClient({
    endpoint: `http://localhost:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const made = await client.send(new CreateQueueCommand({ QueueName: 'box' }));
  const url = `http://localhost:${server.port}${new URL(made.QueueUrl ?? '').pathname}`;
  const late = { ms: 0 };
  const processOf = (
    lab: Pick<Parameters<typeof workQueues>[0], 'others' | 'onWaiting'> & { client?: SQSClient },
  ) =>
    workQueues({
      tables: tablesAt(place),
      client,
      queueUrls: new Map([['box', url]]),
      now: () => Date.now() + late.ms,
      ...lab,
    });
  const put = (attempt: unknown) =>
    client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(attempt) }));
  const close = async () => {
    client.destroy();
    await server.stop();
  };
  return { processOf, put, late, close };
}

describeDynamo('queues on SQS', (setup) => {
  describeWorkers({
    name: 'queues on SQS',
    setup: async ({ others, onWaiting }) => {
      const stores = await setup();
      const queue = await openQueue(stores.place);
      const lab = { others, onWaiting: async (type: string) => onWaiting(type) };
      const close = async () => {
        await queue.close();
        await stores.close();
      };
      return {
        launcher: queue.processOf(lab).launcher,
        workers: queue.processOf(lab).workers,
        close,
      };
    },
  });

  test('a worker is still launched for when another one got what was sent for it', async () => {
    const stores = await setup();
    const queue = await openQueue(stores.place);
    const deaf = { send: (): Promise<never> => new Promise(() => undefined) } as unknown as SQSClient;
    let waiting = 0;
    const lab = { others: fakeLauncher(), onWaiting: async () => void (waiting += 1) };
    const { launcher, workers } = queue.processOf(lab);
    const wait = (process: typeof workers, waitMs: number) =>
      process.next({ machineType: 'box', worker: 'w', waitMs, signal: new AbortController().signal });
    const launch = (jobId: number) =>
      launcher.launch({
        attempt: { run: 'r', jobId, fence: 1 },
        attemptNumber: 1,
        nodes: [{ machineType: 'box' } as Node],
      });
    try {
      void wait(queue.processOf({ ...lab, client: deaf }).workers, 20_000).catch(() => undefined);
      await vi.waitFor(() => expect(waiting).toBe(1), 20_000);
      const second = wait(workers, 10_000);
      await vi.waitFor(() => expect(waiting).toBe(2), 20_000);
      await launch(1); // for the one that waits longest
      expect(await second).toMatchObject({ attempt: { jobId: 1 } });
      expect(await launcher.unready?.('box')).toBeNull();
      await launch(2);
      await expect(launch(3)).rejects.toThrow(LauncherBusyError);
    } finally {
      await queue.close();
      await stores.close();
    }
  });

  test('an attempt whose lease is over before a worker comes is dropped', async () => {
    const stores = await setup();
    const queue = await openQueue(stores.place);
    const { workers } = queue.processOf({ others: fakeLauncher(), onWaiting: async () => undefined });
    const wait = (waitMs: number) =>
      workers.next({ machineType: 'box', worker: 'w', waitMs, signal: new AbortController().signal });
    const launch = { attempt: { run: 'r', jobId: 1, fence: 1 }, attemptNumber: 1, nodes: [] };
    try {
      await queue.put(launch);
      queue.late.ms = 120_000;
      expect(await wait(200)).toBeNull();
      queue.late.ms = 0;
      await queue.put(launch);
      expect(await wait(20_000)).toMatchObject(launch);
    } finally {
      await queue.close();
      await stores.close();
    }
  });
});

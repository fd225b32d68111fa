import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { dynamoRunReports } from '../../adapters/aws/run-reports.ts';
import type { JobStore } from '../../core/ports/job-store.ts';
import { queueSlice } from '../../lambdas/queue-slice.ts';
import { suiteMessage, suiteSender } from '../../lambdas/submission-queue.ts';
import type { SuiteMessage } from '../../lambdas/submission-queue.ts';
import { defaultSuiteSettings } from '../../core/config/suite-settings.ts';
import { defaultSite } from '../../core/config/site-settings.ts';
import { fakeSuiteSource } from '../fixtures/fake-suite-source.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { makeLab, order } from '../fixtures/suite-orders.ts';
import { describeDynamo } from './describe-dynamo.ts';
import { settingsAt, tablesAt } from './dynamo-client.ts';

const copies = 4;
const jobs = 11 * copies;
const facet = Object.fromEntries(
  Array.from({ length: 11 }, (_, at) => [`${at + 10}.yaml`, `number: ${at}\n`]),
);
const request = {
  ...order,
  name: 'big',
  num: copies,
  jobThreshold: 0,
  email: 'ann@lab.test',
  dryRun: false,
  details: false,
};
const first: SuiteMessage = {
  request,
  context: { owner: 'alice@desk', now: 1_000_000, resumed: false },
  from: 0,
};

/** A FIFO queue of the surroundings, as a function on AWS is fed by one. */
async function openQueue(endpoint: string | null) {
  const client = new SQSClient(settingsAt(endpoint));
  const QueueName = `loligo-test-${crypto.randomUUID()}.fifo`;
  const { QueueUrl = '' } = await client.send(
    new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true', VisibilityTimeout: '0' } }),
  );
  return {
    send: suiteSender(QueueUrl, client),
    /** Gives a message to `act` three times, the first of which may be killed; false = there is none. */
    async deliver(act: (message: SuiteMessage) => Promise<void>): Promise<boolean> {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 }),
      );
      const [message] = Messages;
      if (message === undefined) return false;
      const body = suiteMessage.parse(JSON.parse(message.Body ?? ''));
      await act(body).catch((error: Error) => expect(error.message).toBe('killed'));
      await act(body);
      await act(body);
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      return true;
    },
    async close() {
      await client.send(new DeleteQueueCommand({ QueueUrl }));
      client.destroy();
    },
  };
}

describeDynamo('a suite that is too big for one call, on DynamoDB', (setup) => {
  test('is queued once although each call is killed, made again, and then comes twice', async () => {
    const stores = await setup();
    const queue = await openQueue(stores.place.endpoint);
    const began: number[] = [];
    let kills = 0;
    /** Dies after the half of each first batch of a slice. */
    const dying = (calls: { kill: boolean }): JobStore => ({
      ...stores.jobs,
      async enqueue(batch) {
        if (!calls.kill) return await stores.jobs.enqueue(batch);
        await stores.jobs.enqueue({ ...batch, jobs: batch.jobs.slice(0, batch.jobs.length / 2) });
        kills += 1;
        throw new Error('killed');
      },
    });
    const reports = dynamoRunReports(tablesAt(stores.place));
    const lab = makeLab();
    const submit = (calls: { kill: boolean }) => ({
      ...lab,
      ...stores,
      jobs: dying(calls),
      suiteSettings: async () => defaultSuiteSettings,
      readJob: () => new Map(),
      openSource: async () => ({
        source: fakeSuiteSource({ smoke: facet }),
        relpath: 'qa',
        suitePath: null,
      }),
      desk: { reports, notifier: { send: async () => undefined }, mail: defaultSite.mail, log: silentLogger },
    });
    await queue.send(first);
    await queue.send(first);
    const act = async (message: SuiteMessage) => {
      const kill = !began.includes(message.from);
      if (kill) began.push(message.from);
      const ports = {
        submit: submit({ kill }),
        send: queue.send,
        log: silentLogger,
        mayGoOn: () => false,
        batch: 5 * copies,
      };
      await queueSlice(ports, message);
    };
    let messages = 0;
    while (await queue.deliver(act)) messages += 1;
    expect(began).toEqual([0, 5, 10]);
    expect(kills).toBe(3);
    expect(messages).toBe(3);
    const run = await stores.jobs.getRun('big');
    expect(run).toMatchObject({ closed: true, counts: { queued: jobs } });
    const [last] = await stores.jobs.listJobs({ run: 'big', limit: 1, offset: jobs - 1 });
    expect(last).toMatchObject({ key: `10.${copies - 1}` });
    expect(await reports.open()).toMatchObject([{ run: 'big', email: 'ann@lab.test' }]);
    await queue.close();
    await stores.close();
  });
});

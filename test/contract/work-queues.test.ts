import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { expect, test, vi } from 'vitest';
import { workQueues } from '../../adapters/aws/work-queues.ts';
import { dispatch } from '../../core/operations/dispatch.ts';
import { LauncherBusyError } from '../../core/ports/launcher.ts';
import { fakeLab } from '../fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { describeDynamo } from './describe-dynamo.ts';
import { tablesAt } from './dynamo-client.ts';

/** A lab whose boxes workers serve, through a queue; two processes look at it, as two functions would. */
async function labWithQueues(place: Parameters<typeof tablesAt>[0]) {
  const server = await startFauxqs({ port: 0, host: 'localhost', logger: false });
  const client = new SQSClient({
    endpoint: `http://localhost:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const made = await client.send(new CreateQueueCommand({ QueueName: 'box' }));
  const url = `http://localhost:${server.port}${new URL(made.QueueUrl ?? '').pathname}`;
  const lab = fakeLab();
  const poked: string[] = [];
  const late = { ms: 0 };
  const process = () =>
    workQueues({
      tables: tablesAt(place),
      client,
      queueUrls: new Map([['box', url]]),
      others: lab.launcher,
      onWaiting: async (type) => void poked.push(type),
      now: () => Date.now() + late.ms,
    });
  const [dispatcher, api] = [process(), process()];
  await lab.nodes.register([nodeSpec('a'), nodeSpec('b'), nodeSpec('r', { machineType: 'rack' })], 1);
  await lab.jobs.createRun(newRun('r'));
  const jobs = [newJob('1'), newJob('2'), newJob('3', { machineType: 'rack' })];
  const ids = await lab.jobs.enqueue({ run: 'r', jobs, now: 2 });
  const wait = (waitMs: number, signal = new AbortController().signal) =>
    api.workers.next({ machineType: 'box', worker: 'w', waitMs, signal });
  const put = (attempt: unknown) =>
    client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(attempt) }));
  const close = async () => {
    client.destroy();
    await server.stop();
  };
  return {
    lab: { ...lab, launcher: dispatcher.launcher },
    children: lab.launcher,
    poked,
    ids,
    wait,
    late,
    put,
    close,
  };
}

describeDynamo('queues of workers on SQS', (setup) => {
  test('a job goes to the worker that waits for its type, others wait with the reason, and what is old is dropped', async () => {
    const { place, close } = await setup();
    const { lab, children, poked, ids, wait, late, ...queues } = await labWithQueues(place);
    try {
      const none = await dispatch(lab, { maxRunners: null });
      expect(none.waiting.map((job) => [job.jobId, job.reason])).toEqual([
        [ids[0], 'no worker for box waits for a job'],
        [ids[1], 'no worker for box waits for a job'],
      ]);
      expect(children.launched.map((launch) => launch.attempt.jobId)).toEqual([ids[2]]);

      const waiting = wait(20_000);
      await vi.waitFor(() => expect(poked).toEqual(['box']), { timeout: 20_000 });
      expect((await dispatch(lab, { maxRunners: null })).started).toBe(1);
      const taken = await waiting;
      expect(taken).toMatchObject({ attempt: { run: 'r', jobId: ids[0] }, attemptNumber: 1 });
      expect(taken?.nodes).toHaveLength(1);
      expect(await lab.jobs.getJob('r', ids[1] ?? 0)).toMatchObject({ status: 'queued', attempt: 0 });

      const gone = new AbortController();
      const left = wait(20_000, gone.signal);
      await vi.waitFor(() => expect(poked).toHaveLength(2), { timeout: 20_000 });
      gone.abort();
      expect(await left).toBeNull();
      expect(await lab.launcher.unready?.('box')).toBe('no worker for box waits for a job');
      expect(await lab.launcher.unready?.('rack')).toBeNull();
      const [node] = await lab.nodes.list({ machineType: 'box' });
      const attempt = { run: 'r', jobId: 1, fence: 1 };
      const launch = { attempt, attemptNumber: 1, nodes: node ? [node] : [] };
      await expect(lab.launcher.launch(launch)).rejects.toThrow(LauncherBusyError);
      expect(await wait(1000)).toBeNull();

      await queues.put(launch);
      late.ms = 120_000;
      expect(await wait(1000)).toBeNull();
      late.ms = 0;
      await queues.put(launch);
      expect(await wait(20_000)).toMatchObject({ attempt });
      expect(await lab.launcher.isAlive('worker rack: pid 1')).toBe(true);
    } finally {
      await queues.close();
      await close();
    }
  });
});

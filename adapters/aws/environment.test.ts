import { expect, test } from 'vitest';
import { silentLogger as log } from '../../test/fixtures/silent-logger.ts';
import { AwsEnvironmentError, readAwsEnvironment } from './environment.ts';
import { awsLabPorts } from './ports.ts';

test('the variables of a lab are read as what they mean, and an empty one is not set', () => {
  const environment = readAwsEnvironment({
    LOLIGO_NODES_TABLE: 'nodes',
    LOLIGO_ARCHIVE_URL: '',
    LOLIGO_WORK_QUEUE_URLS: '{"rack":"https://sqs.eu-west-1.amazonaws.com/1/rack"}',
    LOLIGO_RUNNER_SUBNETS: 'subnet-1, subnet-2',
    LOLIGO_RUNNER_CAPACITY: '[{"capacityProvider":"FARGATE_SPOT","weight":1}]',
    PATH: '/bin',
  });
  expect(environment).toEqual({
    LOLIGO_NODES_TABLE: 'nodes',
    LOLIGO_WORK_QUEUE_URLS: { rack: 'https://sqs.eu-west-1.amazonaws.com/1/rack' },
    LOLIGO_RUNNER_SUBNETS: ['subnet-1', 'subnet-2'],
    LOLIGO_RUNNER_CAPACITY: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
  });
});

test.each([
  ['LOLIGO_WORK_QUEUE_URLS', '{rack}', 'JSON'],
  ['LOLIGO_WORK_QUEUE_URLS', '["rack"]', 'record'],
  ['LOLIGO_RUNNER_SUBNETS', ' ,', 'which cannot be used'],
  ['LOLIGO_API_URL', 'my lab', 'URL'],
])('%s = %s is refused by its name', (name, value, why) => {
  expect(() => readAwsEnvironment({ [name]: value })).toThrow(AwsEnvironmentError);
  expect(() => readAwsEnvironment({ [name]: value })).toThrow(`${name} is '${value}'`);
  expect(() => readAwsEnvironment({ [name]: value })).toThrow(why);
});

test('what is missing is named by the port that needs it, and by no other', async () => {
  const ports = awsLabPorts(readAwsEnvironment({}), { providers: new Map(), log });
  expect(ports.clock.now()).toBeGreaterThan(0);
  const attempt = { attempt: { run: 'r', jobId: 1, fence: 1 }, attemptNumber: 1, nodes: [] };
  const uses: [string, () => unknown][] = [
    ['LOLIGO_NODES_TABLE', () => ports.jobs.getRun('r')],
    ['LOLIGO_ARCHIVE_BUCKET', () => ports.archive.list('')],
    ['LOLIGO_WAKEUPS_QUEUE_URL', () => ports.wakeups.poke('rack')],
    ['LOLIGO_CLUSTER', () => ports.launcher.launch(attempt)],
    ['LOLIGO_NOTIFY_TOPIC', () => ports.notifier.send({ id: '1', to: 'a@b', subject: 's', text: 't' })],
  ];
  for (const [name, use] of uses)
    await expect(async () => await use()).rejects.toThrow(`the environment variable ${name} is not set`);
});

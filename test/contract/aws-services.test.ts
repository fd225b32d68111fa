import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ecsLauncher, TaskRefusedError } from '../../adapters/aws/ecs-launcher.ts';
import { sesNotifier, snsNotifier } from '../../adapters/aws/notifier.ts';
import { LauncherBusyError } from '../../core/ports/launcher.ts';
import { startCli } from '../fixtures/lab-process.ts';
import { startMoto } from '../fixtures/moto.ts';
import type { Moto } from '../fixtures/moto.ts';
import { describeWith } from '../requirements.ts';

const region = 'eu-west-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const attempt = { run: 'r', jobId: 7, fence: 3 };
const launch = { attempt, attemptNumber: 1, nodes: [] };
const place = {
  cluster: 'lab',
  task: 'runner',
  container: 'runner',
  subnets: ['subnet-1'],
  securityGroups: ['sg-1'],
  publicIp: true,
  capacity: null,
};

interface Asked {
  readonly target: string;
  readonly body: Record<string, unknown>;
}

/** A service that gives the answers it is told, in AWS's words, and keeps what it was asked. */
async function service(answers: readonly (object | { __type: string; message: string })[]) {
  const asked: Asked[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      asked.push({
        target: String(request.headers['x-amz-target'] ?? request.url),
        body: JSON.parse(text) as Record<string, unknown>,
      });
      const answer = left.shift() ?? {};
      response.writeHead('__type' in answer ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, asked, close: () => void server.close() };
}

async function withEcs(
  answers: readonly object[],
  act: (launcher: ReturnType<typeof ecsLauncher>, asked: readonly Asked[]) => Promise<void>,
  options: Partial<Parameters<typeof ecsLauncher>[0]> = {},
) {
  const ecs = await service(answers);
  const client = new ECSClient({ endpoint: ecs.endpoint, region, credentials, maxAttempts: 1 });
  try {
    await act(ecsLauncher({ ...place, client, ...options }), ecs.asked);
  } finally {
    client.destroy();
    ecs.close();
  }
}

test('a launch asks for one task with its attempt, once however often the answer is lost', async () => {
  const capacity = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }];
  const answer = { tasks: [{ taskArn: 'arn:task/1' }], failures: [] };
  await withEcs(
    [answer, answer],
    async (launcher, asked) => {
      expect(await launcher.launch(launch)).toBe('arn:task/1');
      await launcher.launch(launch);
      expect(asked[0]?.body).toEqual(asked[1]?.body);
      expect(asked[0]?.body).toMatchObject({
        count: 1,
        clientToken: 'loligo-7-3',
        capacityProviderStrategy: capacity,
        networkConfiguration: { awsvpcConfiguration: { assignPublicIp: 'ENABLED', subnets: ['subnet-1'] } },
        overrides: {
          containerOverrides: [
            { name: 'runner', environment: [{ name: 'LOLIGO_ATTEMPT', value: JSON.stringify(attempt) }] },
          ],
        },
      });
      expect(asked[0]?.body).not.toHaveProperty('launchType');
    },
    { capacity },
  );
});

test.each([
  [
    { tasks: [], failures: [{ reason: 'RESOURCE:ENI', arn: 'arn:i' }] },
    LauncherBusyError,
    'RESOURCE:ENI (arn:i)',
  ],
  [
    { __type: 'ClientException', message: 'Capacity is unavailable at this time. Please try again later' },
    LauncherBusyError,
    'Capacity is unavailable',
  ],
  [{ __type: 'ThrottlingException', message: 'Rate exceeded' }, LauncherBusyError, 'Rate exceeded'],
  [{ tasks: [], failures: [{ reason: 'AGENT', detail: 'gone' }] }, TaskRefusedError, 'AGENT gone'],
  [{ tasks: [], failures: [] }, TaskRefusedError, 'it gives no reason'],
])(
  'a launch that ECS answers with %j says so, and blames the job only where it may',
  async (answer, type, why) => {
    await withEcs([answer], async (launcher) => {
      const trouble = await launcher.launch(launch).catch((error: unknown) => error);
      expect(trouble).toBeInstanceOf(type);
      expect(String(trouble)).toContain(why);
    });
  },
);

test('a task is alive until ECS says that it stopped, or has forgotten it; one that is gone can be stopped', async () => {
  const answers = [
    { tasks: [{ lastStatus: 'PROVISIONING' }], failures: [] },
    { tasks: [{ lastStatus: 'STOPPED' }], failures: [] },
    { tasks: [], failures: [{ reason: 'MISSING' }] },
    { __type: 'InvalidParameterException', message: 'The referenced task was not found.' },
    { __type: 'AccessDeniedException', message: 'no' },
  ];
  await withEcs(answers, async (launcher) => {
    expect(await launcher.isAlive('arn')).toBe(true);
    expect(await launcher.isAlive('arn')).toBe(false);
    expect(await launcher.isAlive('arn')).toBe(false);
    await launcher.stop('arn', { force: true });
    await expect(launcher.stop('arn', { force: false })).rejects.toThrow('no');
  });
});

test('a mail goes to SES whole, to each address, and says which news it is', async () => {
  const ses = await service([{ MessageId: '1' }]);
  const client = new SESv2Client({ endpoint: ses.endpoint, region, credentials });
  const notifier = sesNotifier({ client, from: 'lab@lab.test' });
  await notifier.send({
    id: 'results r',
    to: 'ann@lab.test, bob@lab.test',
    subject: '1 fail\nX: y',
    text: 'ü\n',
  });
  const { Destination, Content } = (ses.asked[0]?.body ?? {}) as {
    Destination: { ToAddresses: string[] };
    Content: { Raw: { Data: string } };
  };
  expect(Destination.ToAddresses).toEqual(['ann@lab.test', 'bob@lab.test']);
  const mail = await simpleParser(Buffer.from(Content.Raw.Data, 'base64'));
  expect(mail).toMatchObject({ subject: '1 fail X: y', messageId: '<results%20r@loligo>' });
  expect(mail.text?.trim()).toBe('ü');
  expect(mail.headers.get('x-loligo-mail')).toBe('<results%20r@loligo>');
  client.destroy();
  ses.close();
});

describeWith(['moto'], 'services that moto stands in for', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(async () => moto.stop());

  test('a task is started, seen and stopped', async () => {
    const client = new ECSClient({ endpoint: moto.endpoint, region, credentials });
    await client.send(new CreateClusterCommand({ clusterName: 'lab' }));
    await client.send(
      new RegisterTaskDefinitionCommand({
        family: 'runner',
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
        containerDefinitions: [{ name: 'runner', image: 'runner', memory: 512, essential: true }],
      }),
    );
    const subnets = await subnetsOf(moto.endpoint);
    const launcher = ecsLauncher({ ...place, ...subnets, client });
    const runner = await launcher.launch(launch);
    expect(runner).toMatch(/^arn:aws:ecs:eu-west-1:\d+:task\/lab\//);
    expect(await launcher.isAlive(runner)).toBe(true);
    await launcher.stop(runner, { force: false });
    expect(await launcher.isAlive(runner)).toBe(false);
    client.destroy();
  });

  test('news are published to a topic under a subject that SNS takes', async () => {
    const client = new SNSClient({ endpoint: moto.endpoint, region, credentials });
    const { TopicArn = '' } = await client.send(new CreateTopicCommand({ Name: 'news' }));
    const notifier = snsNotifier({ client, topic: TopicArn });
    await notifier.send({ id: '1', to: 'a@b', subject: `ü\n${'long '.repeat(40)}`, text: 'x' });
    await expect(
      snsNotifier({ client, topic: `${TopicArn}-gone` }).send({ id: '1', to: 'a', subject: 's', text: 'x' }),
    ).rejects.toThrow('does not exist');
    client.destroy();
  });

  test('loligo deploy-info prints what the stack says, and names a stack that is not there', async () => {
    const client = new CloudFormationClient({ endpoint: moto.endpoint, region, credentials });
    const Outputs = {
      ApiUrl: { Value: 'https://api.example/' },
      ArchiveUrl: { Value: 'https://logs.example' },
    };
    const Resources = { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q' } } };
    const TemplateBody = JSON.stringify({ Resources, Outputs });
    await client.send(new CreateStackCommand({ StackName: 'loligo-lab', TemplateBody }));
    client.destroy();
    const env = {
      AWS_ENDPOINT_URL: moto.endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    const shown = startCli(['deploy-info'], env);
    expect(await shown.ended).toBe(0);
    expect(shown.output()).toContain(
      'ArchiveUrl  https://logs.example\nexport LOLIGO_API=https://api.example\n',
    );
    const missing = startCli(['deploy-info', '--stack', 'loligo-none'], env);
    expect(await missing.ended).toBe(1);
    expect(missing.output()).toContain("no stack is named 'loligo-none'");
  });
});

/** A subnet and a group of the default network of a stand-in, as its own answers name them. */
async function subnetsOf(endpoint: string): Promise<{ subnets: string[]; securityGroups: string[] }> {
  const ask = async (action: string, tag: string) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/ec2/aws4_request, SignedHeaders=host, Signature=x`,
      },
      body: new URLSearchParams({ Action: action, Version: '2016-11-15' }).toString(),
    });
    return new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(await response.text())?.[1] ?? '';
  };
  return {
    subnets: [await ask('DescribeSubnets', 'subnetId')],
    securityGroups: [await ask('DescribeSecurityGroups', 'groupId')],
  };
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attemptVariable } from '../../adapters/aws/ecs-launcher.ts';
import { startMoto } from '../fixtures/moto.ts';
import type { Moto } from '../fixtures/moto.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { describeWith } from '../requirements.ts';
import { setupDynamoStores } from './dynamo-client.ts';

const runnerMain = fileURLToPath(new URL('../../runner/main.ts', import.meta.url));
const pair = ssh2.utils.generateKeyPairSync('ed25519');
const arn = 'arn:aws:ecs:eu-west-1:123456789012:task/lab/0123456789abcdef';

describeWith(['moto'], 'the runner as a task on AWS', () => {
  let moto: Moto;
  let stores: Awaited<ReturnType<typeof setupDynamoStores>>;
  const metadata = createServer((request, response) => {
    response.statusCode = request.url === '/task' ? 200 : 404;
    response.end(JSON.stringify({ TaskARN: arn }));
  });
  beforeAll(async () => {
    moto = await startMoto();
    stores = await setupDynamoStores(moto.endpoint);
    await once(metadata.listen(0, '127.0.0.1'), 'listening');
    await prepare();
  });
  afterAll(async () => {
    await stores.close();
    await moto.stop();
    metadata.close();
  });
  const client = () => ({
    endpoint: moto.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

  let s3: S3Client;
  async function prepare() {
    s3 = new S3Client({ ...client(), forcePathStyle: true });
    await s3.send(
      new CreateBucketCommand({
        Bucket: 'archive',
        CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
      }),
    );
    const secrets = new SecretsManagerClient(client());
    await secrets.send(new CreateSecretCommand({ Name: 'key', SecretString: pair.private }));
  }

  async function run(attempt: unknown, onStart: (child: ChildProcess) => void = () => {}) {
    const child = spawn(process.execPath, [runnerMain], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: '/nonexistent',
        AWS_ENDPOINT_URL: moto.endpoint,
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        ECS_CONTAINER_METADATA_URI_V4: `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`,
        LOLIGO_NODES_TABLE: `${stores.place.prefix}-nodes`,
        LOLIGO_RESULTS_TABLE: `${stores.place.prefix}-results`,
        LOLIGO_ARCHIVE_BUCKET: 'archive',
        LOLIGO_ARCHIVE_ROLE: 'arn:aws:iam::123456789012:role/archive',
        LOLIGO_ARCHIVE_URL: 'https://logs.example',
        LOLIGO_SSH_KEY_SECRET: 'key',
        [attemptVariable]: JSON.stringify(attempt),
      },
    });
    onStart(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    return { code, output };
  }

  test('reads its attempt in the tables, runs it, and leaves whole files; an old attempt is not its own', async () => {
    await stores.jobs.createRun(newRun('r'));
    const config = 'tasks:\n- print: hello from the cloud\n';
    const [jobId = 0] = await stores.jobs.enqueue({
      run: 'r',
      jobs: [newJob('a', { nodeCount: 0, config })],
      now: 2,
    });
    const now = Date.now();
    const claim = await stores.jobs.claim({ run: 'r', jobId, nodes: [], leaseUntil: now + 60_000, now });
    if (claim.kind === 'refused') throw new Error(claim.reason);
    const { attempt } = claim;

    expect(await run({ ...attempt, fence: attempt.fence + 1 })).toMatchObject({ code: 3 });
    expect((await run('nonsense')).output).toContain(
      `${attemptVariable} is '"nonsense"', which is no attempt`,
    );
    const end = await run(attempt);
    expect(end).toMatchObject({ code: 0 });
    expect(end.output).toContain('hello from the cloud');
    expect(await stores.jobs.getJob('r', jobId)).toMatchObject({ status: 'pass', runner: arn });
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'archive' }));
    const names = Contents.map(({ Key }) => Key);
    expect(names).toContain(`r/${jobId}/teuthology.log`);
    expect(names).toContain(`r/${jobId}/summary.yaml`);
    expect(names.filter((name) => name?.includes('.loligo-parts'))).toEqual([]);
  });

  test('is told to end while it connects: its job waits in the queue again, and the node is to be cleaned', async () => {
    const silent = createSocketServer();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    await stores.nodes.register([nodeSpec('a', { address: '127.0.0.1', port, hostKey: pair.public })], 1);
    await stores.jobs.createRun(newRun('spot'));
    const config = 'roles: [[client.0]]\ntasks:\n- print: never\n';
    const [jobId = 0] = await stores.jobs.enqueue({
      run: 'spot',
      jobs: [newJob('a', { config })],
      now: 2,
    });
    const now = Date.now();
    const lease = { leaseUntil: now + 60_000, now };
    const claim = await stores.jobs.claim({ run: 'spot', jobId, nodes: ['a'], ...lease });
    if (claim.kind === 'refused') throw new Error(claim.reason);
    const end = await run(claim.attempt, (child) => {
      silent.once('connection', () => child.kill('SIGTERM'));
    });
    silent.close();
    expect(end).toMatchObject({ code: 3 });
    expect(end.output).not.toContain('never');
    expect(await stores.jobs.getJob('spot', jobId)).toMatchObject({ status: 'queued', attempt: 0 });
    expect(await stores.nodes.get('a')).toMatchObject({ state: 'dirty', lock: null });
  });
});

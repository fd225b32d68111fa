import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import type { FauxqsServer } from 'fauxqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeArchive } from '../../test/contract/archive.ts';
import { s3Archive } from './s3-archive.ts';
import { mergeParts } from './s3-merge.ts';

let server: FauxqsServer;
let buckets = 0;
const openClient = () =>
  new S3Client({
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
const newBucket = async (client: S3Client) => {
  buckets += 1;
  const bucket = `archive-${buckets}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
};

beforeAll(async () => {
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
});
afterAll(async () => server.stop());

describeArchive({
  name: 'S3',
  setup: async () => {
    const client = openClient();
    const bucket = await newBucket(client);
    return {
      archive: s3Archive({ client, bucket, baseUrl: 'https://lab.example/archive/' }),
      unserved: s3Archive({ client, bucket, baseUrl: null }),
      close: async () => client.destroy(),
    };
  },
});

const bytes = (text: string) => new TextEncoder().encode(text);

test('many appends at once are few requests, and a put takes their parts away', async () => {
  const client = openClient();
  const bucket = await newBucket(client);
  const archive = s3Archive({ client, bucket, baseUrl: null });
  const keys = async () => (await client.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount;
  await Promise.all(Array.from({ length: 100 }, (_, i) => archive.append('r/1/log', bytes(`${i}\n`))));
  expect(await keys()).toBeLessThanOrEqual(3);
  expect(await archive.list('r/1')).toMatchObject([{ name: 'log', kind: 'file', size: 290 }]);
  await archive.put('r/1/log', bytes('whole'));
  expect(await keys()).toBe(1);
  client.destroy();
});

test('what two processes appended is one file, and a range of it crosses the parts', async () => {
  const client = openClient();
  const bucket = await newBucket(client);
  for (const text of ['0123', '4567', '89']) {
    await s3Archive({ client, bucket, baseUrl: null }).append('r/log', bytes(text));
  }
  const file = await s3Archive({ client, bucket, baseUrl: null }).read('r/log', { start: 2, end: 9 });
  const parts: Uint8Array[] = [];
  for await (const part of file?.content ?? []) parts.push(part);
  expect([file?.size, Buffer.concat(parts).toString()]).toEqual([10, '2345678']);
  client.destroy();
});

/** Runs something once, behind the answer to the first request of a kind. */
function behind(client: S3Client, command: string, act: () => Promise<unknown>): void {
  let done = false;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args).catch((error: unknown) => error);
      if (!done && context['commandName'] === command) {
        done = true;
        await act();
      }
      if (answer instanceof Error) throw answer;
      return answer as Awaited<ReturnType<typeof next>>;
    },
    { step: 'initialize', name: 'behind' },
  );
}

test.each(['ListObjectsV2Command', 'HeadObjectCommand', 'GetObjectCommand'])(
  'parts that become one object behind the first %s of a reader are read all the same',
  async (command) => {
    const other = openClient();
    const bucket = await newBucket(other);
    const writer = s3Archive({ client: other, bucket, baseUrl: null });
    for (const text of ['0123', '4567', '89']) await writer.append('r/1/log', bytes(text));
    const client = openClient();
    const merge = () => mergeParts({ client: other, bucket, folder: 'r/1' });
    behind(client, command, async () => expect(await merge()).toEqual(['r/1/log']));
    const file = await s3Archive({ client, bucket, baseUrl: null }).read('r/1/log', { start: 1, end: 9 });
    const parts: Uint8Array[] = [];
    for await (const part of file?.content ?? []) parts.push(part);
    expect([file?.size, Buffer.concat(parts).toString()]).toEqual([10, '12345678']);
    client.destroy();
    other.destroy();
  },
);

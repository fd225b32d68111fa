import { gunzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import type { FauxqsServer } from 'fauxqs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Archive, ByteRange } from '../../core/ports/archive.ts';
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

async function textOf(archive: Archive, path: string, range?: ByteRange): Promise<string> {
  const file = await archive.read(path, range);
  const parts: Uint8Array[] = [];
  for await (const part of file?.content ?? []) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** The names of what a client is asked to send from now on. */
function commandsOf(client: S3Client): string[] {
  const names: string[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      names.push(String(context['commandName']));
      return await next(args);
    },
    { step: 'initialize', name: 'commands' },
  );
  return names;
}

test('many appends at once are few requests, and a put takes the place of their parts with one', async () => {
  const client = openClient();
  const bucket = await newBucket(client);
  const archive = s3Archive({ client, bucket, baseUrl: null });
  const keys = async () => (await client.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount;
  await Promise.all(Array.from({ length: 100 }, (_, i) => archive.append('r/1/log', bytes(`${i}\n`))));
  expect(await keys()).toBeLessThanOrEqual(3);
  expect(await archive.list('r/1')).toMatchObject([{ name: 'log', kind: 'file', size: 290 }]);
  const asked = commandsOf(client);
  await archive.put('r/1/log', bytes('whole'));
  expect(asked).toEqual(['PutObjectCommand']);
  expect(await textOf(archive, 'r/1/log')).toBe('whole');
  await mergeParts({ client, bucket, folder: 'r/1' });
  expect(await keys()).toBe(1);
  expect(await textOf(archive, 'r/1/log')).toBe('whole');
  client.destroy();
});

test('what another process appends right after a put is in the file, even where its clock is behind', async () => {
  const client = openClient();
  const bucket = await newBucket(client);
  await s3Archive({ client, bucket, baseUrl: null }).put('r/log', bytes('put '));
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 500 });
  try {
    await s3Archive({ client, bucket, baseUrl: null }).append('r/log', bytes('appended'));
  } finally {
    vi.useRealTimers();
  }
  expect(await textOf(s3Archive({ client, bucket, baseUrl: null }), 'r/log')).toBe('put appended');
  client.destroy();
});

test('a text log that was merged is stored with gzip, for browsers to unpack, and read and listed as it was written', async () => {
  const client = openClient();
  const bucket = await newBucket(client);
  const archive = s3Archive({ client, bucket, baseUrl: null });
  const lines = Array.from({ length: 500 }, (_, i) => `line ${i}\n`);
  for (const half of [lines.slice(0, 250), lines.slice(250)])
    await archive.append('r/1/teuthology.log', bytes(half.join('')));
  await archive.append('r/1/core.bin', bytes('0'.repeat(5000)));
  await mergeParts({ client, bucket, folder: 'r/1' });
  const stored = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'r/1/teuthology.log' }));
  expect(stored).toMatchObject({ ContentEncoding: 'gzip', ContentType: 'text/plain; charset=utf-8' });
  const packed = Buffer.from((await stored.Body?.transformToByteArray()) ?? []);
  expect(packed.length).toBeLessThan(lines.join('').length / 2);
  expect(gunzipSync(packed).toString()).toBe(lines.join(''));
  const core = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'r/1/core.bin' }));
  expect(core).toMatchObject({ ContentType: 'application/octet-stream', ContentLength: 5000 });
  expect(core.ContentEncoding).toBeUndefined();

  const size = lines.join('').length;
  expect(await archive.list('r/1')).toMatchObject([
    { name: 'core.bin', size: 5000 },
    { name: 'teuthology.log', size },
  ]);
  expect(await textOf(archive, 'r/1/teuthology.log')).toBe(lines.join(''));
  const middle = { start: size - 30, end: size - 10 };
  expect(await textOf(archive, 'r/1/teuthology.log', middle)).toBe(lines.join('').slice(-30, -10));

  // A later attempt goes on in the same file.
  await archive.append('r/1/teuthology.log', bytes('again\n'));
  expect(await textOf(archive, 'r/1/teuthology.log', { start: size - 4, end: null })).toBe('499\nagain\n');
  await mergeParts({ client, bucket, folder: 'r/1' });
  expect(await textOf(archive, 'r/1/teuthology.log')).toBe(`${lines.join('')}again\n`);
  client.destroy();
});

test('what two processes appended is one file, and a range of it crosses the parts', async () => {
  const client = openClient();
  const bucket = await newBucket(client);
  for (const text of ['0123', '4567', '89']) {
    await s3Archive({ client, bucket, baseUrl: null }).append('r/log', bytes(text));
  }
  const archive = s3Archive({ client, bucket, baseUrl: null });
  expect(await textOf(archive, 'r/log', { start: 2, end: 9 })).toBe('2345678');
  expect(await archive.read('r/log')).toMatchObject({ size: 10 });
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
    const archive = s3Archive({ client, bucket, baseUrl: null });
    expect(await textOf(archive, 'r/1/log', { start: 1, end: 9 })).toBe('12345678');
    expect(await archive.read('r/1/log')).toMatchObject({ size: 10 });
    client.destroy();
    other.destroy();
  },
);

/** Refuses an object that has a condition which does not hold, as S3 does and the server of these tests does not. */
function withConditions(client: S3Client): void {
  const plain = openClient();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const { Bucket, Key, IfMatch, IfNoneMatch } = args.input as PutObjectCommandInput;
      if (context['commandName'] === 'PutObjectCommand' && (IfMatch ?? IfNoneMatch) !== undefined) {
        const there = await plain.send(new HeadObjectCommand({ Bucket, Key })).catch(() => null);
        if (IfMatch === undefined ? there !== null : there?.ETag !== IfMatch)
          throw new S3ServiceException({
            name: 'PreconditionFailed',
            $fault: 'client',
            $metadata: { httpStatusCode: 412 },
          });
      }
      return await next(args);
    },
    { step: 'initialize', name: 'conditions' },
  );
}

test('of two that merge at once none undoes what the other has made, and no line is lost', async () => {
  const [slow, quick] = [openClient(), openClient()];
  const bucket = await newBucket(quick);
  const writer = s3Archive({ client: quick, bucket, baseUrl: null });
  /** Behind the first such command of the slow one another part comes, and the quick one merges what there is. */
  const overtaken = async (client: typeof slow, command: string, text: string) => {
    withConditions(client);
    behind(client, command, async () => {
      await writer.append('r/1/log', bytes(text));
      await mergeParts({ client: quick, bucket, folder: 'r/1' });
    });
    await mergeParts({ client, bucket, folder: 'r/1' });
  };
  await writer.append('r/1/log', bytes('one '));
  await overtaken(slow, 'ListObjectsV2Command', 'two ');
  expect(await textOf(writer, 'r/1/log')).toBe('one two ');

  // Behind its look at the file that is already an object: the same.
  await writer.append('r/1/log', bytes('three '));
  const late = openClient();
  await overtaken(late, 'HeadObjectCommand', 'four ');
  expect(await textOf(writer, 'r/1/log')).toBe('one two three four ');
  for (const client of [slow, quick, late]) client.destroy();
});

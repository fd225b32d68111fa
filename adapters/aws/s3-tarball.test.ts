import { mkdtempSync, rmSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import type { FauxqsServer } from 'fauxqs';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSuiteSource } from '../git/open-suite-source.ts';
import { S3TarballError, s3Tarballs } from './s3-tarball.ts';

let server: FauxqsServer;
let folder: string;
const config = () => ({
  endpoint: `http://127.0.0.1:${server.port}`,
  region: 'us-east-1',
  forcePathStyle: true,
  maxAttempts: 1,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-s3-'));
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  await new S3Client(config()).send(new CreateBucketCommand({ Bucket: 'suites' }));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function put(key: string): Promise<string> {
  const tar = pack();
  tar.entry({ name: 'suites/s/a.yaml' }, 'a: 1');
  tar.entry({ name: 'noise' }, randomBytes(3_000_000));
  tar.finalize();
  const bytes = gzipSync(await buffer(tar as unknown as AsyncIterable<Uint8Array>));
  await new S3Client(config()).send(new PutObjectCommand({ Bucket: 'suites', Key: key, Body: bytes }));
  return createHash('sha256').update(bytes).digest('hex');
}

const open = async (location: string, packedBytes = 10_000_000) =>
  await openSuiteSource({
    location,
    ref: null,
    relpath: '',
    cacheFolder: folder,
    fetchers: { s3: s3Tarballs(config()) },
    limits: { packedBytes },
  });

describe('a tarball in a bucket', () => {
  test.each(['qa.tar.gz', 'by/sha1/0123', 'odd%41+é?.tgz'])(
    'is a suite source like any other: %s',
    async (key) => {
      const sha256 = await put(key);
      const { source, id } = await open(`s3://suites/${key}`);
      expect([source.read('suites/s/a.yaml'), id]).toEqual(['a: 1', sha256]);
    },
  );

  test('is read with the credentials and the region of the surroundings', async () => {
    const sha256 = await put('shared.tar.gz');
    const { credentials: _, region: __, ...bare } = config();
    const set = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'eu-west-1' };
    const before = { ...process.env };
    Object.assign(process.env, set);
    try {
      const signal = AbortSignal.timeout(30_000);
      const { body } = await s3Tarballs(bare)('s3://suites/shared.tar.gz', signal);
      expect(
        createHash('sha256')
          .update(await buffer(body))
          .digest('hex'),
      ).toBe(sha256);
    } finally {
      for (const key of Object.keys(set)) {
        if (before[key] === undefined) delete process.env[key];
        else process.env[key] = before[key];
      }
    }
  });

  test('is refused before it is read when it is too long', async () => {
    await put('long.tar.gz');
    await expect(open('s3://suites/long.tar.gz', 1_000_000)).rejects.toThrow(
      'tarball s3://suites/long.tar.gz: has more than 1000000 bytes',
    );
  });

  test('that is not there is missed in a sentence', async () => {
    await expect(open('s3://suites/none.tar')).rejects.toThrow(
      "tarball s3://suites/none.tar: there is no object 'none.tar' in the bucket 'suites'",
    );
    await expect(open('s3://nobody/none.tar')).rejects.toThrow("there is no bucket 'nobody'");
    for (const location of ['s3://suites', 's3://suites/', 's3:///x', 's3://UPPER_case/x']) {
      await expect(open(location)).rejects.toThrow(S3TarballError);
    }
  });
});

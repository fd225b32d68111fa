import {
  CreateBucketCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pruneBucket } from '../../adapters/aws/prune-archive.ts';
import { s3Archive } from '../../adapters/aws/s3-archive.ts';
import type { JobStatus } from '../../core/results/job-state.ts';
import { usualRetention } from '../../core/results/retention.ts';
import { startMoto } from '../fixtures/moto.ts';
import type { Moto } from '../fixtures/moto.ts';
import { describeWith } from '../requirements.ts';

const day = 24 * 3_600_000;
const now = 100 * day;
const files: Readonly<Record<string, { status: JobStatus; days: number }>> = {
  'run/1': { status: 'pass', days: 15 },
  'run/2': { status: 'pass', days: 13 },
  'run/3': { status: 'fail', days: 61 },
  'run/4': { status: 'running', days: 90 },
  'run/5': { status: 'pass', days: 90 }, // kept
  'kept/6': { status: 'pass', days: 90 },
  'open/7': { status: 'pass', days: 90 },
  'open/8': { status: 'running', days: 90 },
};

describeWith(['moto'], 'the archive in a bucket, when its time has come', () => {
  let moto: Moto;
  let client: S3Client;
  const name = 'archive';
  const bucket = () => ({ client, name });
  beforeAll(async () => {
    moto = await startMoto();
    client = new S3Client({
      endpoint: moto.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    await client.send(new CreateBucketCommand({ Bucket: name }));
  });
  afterAll(async () => {
    client.destroy();
    await moto.stop();
  });

  const keys = async () => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: name }));
    return Contents.map(({ Key = '' }) => Key);
  };
  const tagged = async () => {
    const found: string[] = [];
    for (const Key of await keys()) {
      const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket: name, Key }));
      if (TagSet.some((tag) => tag.Key === 'loligo-preserve' && tag.Value === 'yes')) found.push(Key);
    }
    return found;
  };
  const prune = async (ended: typeof files = files) =>
    await pruneBucket({
      bucket: bucket(),
      retention: usualRetention,
      now,
      async endOf(run, jobId) {
        const found = ended[`${run}/${jobId}`];
        return found === undefined ? null : { status: found.status, endedAt: now - found.days * day };
      },
    });

  test('goes as its job ended, but for what a .preserve keeps, which is tagged when it is over', async () => {
    const archive = s3Archive({ client, bucket: name, baseUrl: null });
    const bytes = new TextEncoder().encode('x');
    for (const folder of Object.keys(files))
      for (const file of ['teuthology.log', 'remote/host/log']) await archive.put(`${folder}/${file}`, bytes);
    for (const kept of ['run/5', 'kept', 'open']) await archive.put(`${kept}/.preserve`, bytes);
    const before = await keys();

    expect(await prune()).toBe(3);
    const gone = new Set(['run/1/remote/host/log', 'run/1/teuthology.log', 'run/3/remote/host/log']);
    expect(await keys()).toEqual(before.filter((key) => !gone.has(key)));
    const forEver = before.filter((key) => key.startsWith('kept/') || key.startsWith('run/5/'));
    expect(await tagged()).toEqual(forEver);

    // What is tagged is not tagged again, and what was not over is tagged when it is.
    await archive.put('kept/6/later', bytes);
    expect(await prune({ ...files, 'open/8': { status: 'dead', days: 90 } })).toBe(0);
    const open = before.filter((key) => key.startsWith('open/'));
    expect(await tagged()).toEqual([...forEver, ...open].sort());
  });
});

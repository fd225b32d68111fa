import { HeadObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import type { JobStatus } from '../../core/results/job-state.ts';
import { pruningOf } from '../../core/results/retention.ts';
import type { Retention } from '../../core/results/retention.ts';
import { deleteParts, listObjects, pieceOf } from './s3-parts.ts';
import type { Bucket } from './s3-parts.ts';

const keepFile = '.preserve';

/**
 * Takes out of the archive what has had its time, and returns how many objects that were. A run or a job with an object `.preserve`
 * stays, and so does a job that the records do not know to be over. One request for each run and job that is looked at, and two for each
 * thousand objects that go; the bucket keeps what was deleted for two weeks more.
 */
export async function pruneBucket(params: {
  bucket: Bucket;
  retention: Retention;
  now: number; // epoch ms
  endOf: (run: string, jobId: number) => Promise<{ status: JobStatus; endedAt: number } | null>;
}): Promise<number> {
  const { bucket } = params;
  let gone = 0;
  for (const run of await foldersBelow(bucket, '')) {
    if (await exists(bucket, `${run}${keepFile}`)) continue;
    for (const folder of await foldersBelow(bucket, run)) {
      const jobId = folder.slice(run.length, -1);
      if (!/^\d+$/.test(jobId) || (await exists(bucket, `${folder}${keepFile}`))) continue;
      const end = await params.endOf(run.slice(0, -1), Number(jobId));
      const pruning = end === null ? 'nothing' : pruningOf(end, params.retention, params.now);
      if (pruning === 'nothing') continue;
      for (const part of pruning === 'job' ? [''] : ['remote/', 'data/']) {
        const { objects } = await listObjects(bucket, { prefix: `${folder}${part}` });
        await deleteParts(bucket, objects.map(pieceOf));
        gone += objects.length;
      }
    }
  }
  return gone;
}

async function foldersBelow(bucket: Bucket, prefix: string): Promise<string[]> {
  return (await listObjects(bucket, { prefix, delimiter: '/' })).folders;
}

async function exists(bucket: Bucket, key: string): Promise<boolean> {
  try {
    await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
    throw error;
  }
}

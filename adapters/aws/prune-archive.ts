import type { JobStatus } from '../../core/results/job-state.ts';
import { isFinal } from '../../core/results/job-state.ts';
import { pruningOf } from '../../core/results/retention.ts';
import type { Retention } from '../../core/results/retention.ts';
import { keepFile, tagKept } from './preserve.ts';
import { deleteParts, headOf, listObjects, pieceOf } from './s3-parts.ts';
import type { Bucket } from './s3-parts.ts';

export interface PruneBucketParams {
  readonly bucket: Bucket;
  readonly retention: Retention;
  readonly now: number; // epoch ms
  readonly endOf: (run: string, jobId: number) => Promise<{ status: JobStatus; endedAt: number } | null>;
}

/**
 * Takes out of the archive what has had its time, and returns how many objects that were. A run or a job with an object `.preserve`
 * stays, and so does a job that the records do not know to be over; what stays for ever is tagged, once it is over, for the bucket's lifecycle
 * to see. One request for each run and job that is looked at, one more for those that stay for ever, and two for each thousand objects that
 * go; the bucket keeps what was deleted for two weeks more. A pass that is cut short is finished by the next.
 */
export async function pruneBucket(params: PruneBucketParams): Promise<number> {
  const { bucket } = params;
  let gone = 0;
  for (const run of await foldersBelow(bucket, '')) {
    const jobs = async () => (await foldersBelow(bucket, run)).filter((folder) => jobIdOf(folder) !== null);
    if ((await headOf(bucket, `${run}${keepFile}`)) !== null) {
      const areOver = async () => {
        for (const job of await jobs()) if (!(await isOver(params, job))) return false;
        return true;
      };
      await tagKept(bucket, { folder: run, isOver: areOver });
      continue;
    }
    for (const job of await jobs()) {
      if ((await headOf(bucket, `${job}${keepFile}`)) !== null)
        await tagKept(bucket, { folder: job, isOver: async () => await isOver(params, job) });
      else gone += await pruneJob(params, job);
    }
  }
  return gone;
}

async function pruneJob(params: PruneBucketParams, folder: string): Promise<number> {
  const { bucket } = params;
  const end = await endOf(params, folder);
  const pruning = end === null ? [] : pruningOf(end, params.retention, params.now);
  let gone = 0;
  const parts = pruning.includes('job') ? [''] : pruning.includes('remotes') ? ['remote/', 'data/'] : [];
  for (const part of parts) {
    const { objects } = await listObjects(bucket, { prefix: `${folder}${part}` });
    await deleteParts(bucket, objects.map(pieceOf));
    gone += objects.length;
  }
  return gone;
}

async function isOver(params: PruneBucketParams, folder: string): Promise<boolean> {
  const end = await endOf(params, folder);
  return end !== null && isFinal(end.status);
}

async function endOf(params: PruneBucketParams, folder: string) {
  return await params.endOf(folder.slice(0, folder.indexOf('/')), jobIdOf(folder) ?? 0);
}

/** Of a folder `RUN/JOB/`; null when its name is no number. */
function jobIdOf(folder: string): number | null {
  const name = folder.split('/').at(-2) ?? '';
  return /^\d+$/.test(name) ? Number(name) : null;
}

async function foldersBelow(bucket: Bucket, prefix: string): Promise<string[]> {
  return (await listObjects(bucket, { prefix, delimiter: '/' })).folders;
}

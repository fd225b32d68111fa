import { GetObjectTaggingCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { listObjects } from './s3-parts.ts';
import type { Bucket } from './s3-parts.ts';

/** An object of this name in the folder of a run or of a job keeps it for ever. */
export const keepFile = '.preserve';

/** What objects that are kept for ever are tagged with; the lifecycle of the bucket has a rule for it (`infra/archive.ts`). */
const keepTag = { Key: 'loligo-preserve', Value: 'yes' };

const tagsAtOnce = 16;

/**
 * Tags every object below a folder that has a `.preserve`, when nothing more comes into it. That object itself is the last one, and says that it is
 * done: one request then, and before that one for each object.
 */
export async function tagKept(
  bucket: Bucket,
  { folder, isOver }: { folder: string; isOver: () => Promise<boolean> },
): Promise<void> {
  const marker = `${folder}${keepFile}`;
  const { TagSet = [] } = await bucket.client.send(
    new GetObjectTaggingCommand({ Bucket: bucket.name, Key: marker }),
  );
  if (TagSet.some(({ Key }) => Key === keepTag.Key) || !(await isOver())) return;
  const { objects } = await listObjects(bucket, { prefix: folder });
  const keys = objects.map(({ Key = '' }) => Key).filter((key) => key !== marker);
  await pLimit(tagsAtOnce).map(keys, async (key) => await tag(bucket, key));
  await tag(bucket, marker);
}

async function tag(bucket: Bucket, Key: string): Promise<void> {
  const Tagging = { TagSet: [keepTag] };
  await bucket.client.send(new PutObjectTaggingCommand({ Bucket: bucket.name, Key, Tagging }));
}

import type { S3Client } from '@aws-sdk/client-s3';
import { archivePath } from '../../core/ports/archive.ts';
import { bytesOf, putObject } from './s3-objects.ts';
import { deleteParts, foundFile, listObjects, partsSuffix } from './s3-parts.ts';
import type { Bucket } from './s3-parts.ts';

/**
 * Makes one object of each file below a folder that has parts, so that readers find all of it at its URL and it costs one request from then on.
 * What is appended meanwhile stays a part. Returns the paths; a second call finds nothing. Per file: three requests, one a part, and
 * one for each thousand parts that go.
 */
export async function mergeParts(params: {
  readonly client: S3Client;
  readonly bucket: string;
  readonly folder: string; // RUN/JOB
}): Promise<string[]> {
  const bucket: Bucket = { client: params.client, name: params.bucket };
  const { objects } = await listObjects(bucket, { prefix: `${archivePath(params.folder)}/` });
  const marker = `${partsSuffix}/`;
  const files = new Set<string>();
  for (const { Key = '' } of objects) {
    const end = Key.lastIndexOf(marker);
    if (end > 0) files.add(Key.slice(0, end));
  }
  for (const key of files) await mergeFile(bucket, key);
  return [...files];
}

async function mergeFile(bucket: Bucket, key: string): Promise<void> {
  const file = await foundFile(bucket, key);
  const parts = file?.pieces.filter((piece) => piece.name !== '') ?? [];
  const last = parts.at(-1);
  if (file === null || last === undefined) return;
  const content = bytesOf(bucket, { key, file });
  await putObject(bucket, { key, content, after: last.name, merged: true });
  await deleteParts(bucket, parts);
}

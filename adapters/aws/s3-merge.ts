import type { S3Client } from '@aws-sdk/client-s3';
import { archivePath } from '../../core/ports/archive.ts';
import { bytesOf, isOvertaken, putObject } from './s3-objects.ts';
import { deleteParts, foundFile, listObjects, partsSuffix, pieceOf, withParts } from './s3-parts.ts';
import type { Bucket, FoundFile, Piece } from './s3-parts.ts';

/** How often a file may be replaced by somebody else before its turn until the merge fails. */
const mostLooks = 5;

/**
 * Makes one object of each file below a folder that has parts, so that readers find all of it at its URL and it costs one request from then on.
 * What is appended meanwhile stays a part. Returns the paths; a second call finds nothing, and one that goes on after a merge that
 * was cut short, or beside another, loses nothing: an object only takes the place of the one that it was made from, and parts go when they
 * are in it. Cost: a listing, and for each file with parts two requests, one a part, and one for each thousand parts that go.
 */
export async function mergeParts(params: {
  readonly client: S3Client;
  readonly bucket: string;
  readonly folder: string; // RUN/JOB
}): Promise<string[]> {
  const bucket: Bucket = { client: params.client, name: params.bucket };
  const { objects } = await listObjects(bucket, { prefix: `${archivePath(params.folder)}/` });
  const marker = `${partsSuffix}/`;
  const files = new Map<string, Piece[]>();
  for (const object of objects) {
    const piece = pieceOf(object);
    const end = piece.key.lastIndexOf(marker);
    if (end <= 0) continue;
    const key = piece.key.slice(0, end);
    const parts = files.get(key) ?? [];
    files.set(key, parts);
    parts.push({ ...piece, name: piece.key.slice(end + marker.length) });
  }
  for (const [key, parts] of files) await mergeFile(bucket, { key, parts });
  return [...files.keys()];
}

async function mergeFile(
  bucket: Bucket,
  { key, parts }: { key: string; parts: readonly Piece[] },
): Promise<void> {
  let file = await withParts(bucket, { key, parts });
  for (let look = 1; file !== null; look += 1) {
    try {
      await putWhole(bucket, { key, file });
      break;
    } catch (error) {
      if (!isOvertaken(error) || look >= mostLooks) throw error;
      file = await foundFile(bucket, key);
    }
  }
  // Those that were not in the file are older than its object.
  await deleteParts(bucket, file === null ? parts : [...parts, ...file.pieces.filter(isPart)]);
}

/** Nothing to do for a file whose object has taken the place of all its parts. */
async function putWhole(bucket: Bucket, { key, file }: { key: string; file: FoundFile }): Promise<void> {
  const last = file.pieces.findLast(isPart);
  if (last === undefined) return;
  const content = bytesOf(bucket, { key, file });
  const merged = { size: file.size, over: file.etag };
  await putObject(bucket, { key, content, after: last.name, merged });
}

function isPart(piece: Piece): boolean {
  return piece.name !== '';
}

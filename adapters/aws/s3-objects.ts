import { Readable } from 'node:stream';
import { GetObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ByteRange } from '../../core/ports/archive.ts';
import { appendsAfter, foundFile, madeOfParts } from './s3-parts.ts';
import type { Bucket, FoundFile } from './s3-parts.ts';

/** How often the pieces of a file may be gone before their turn until a reader gives up. */
const mostLooks = 5;

/** An object appears whole or not at all; it says itself which parts are older than it is. */
export async function putObject(
  bucket: Bucket,
  {
    key,
    content,
    after,
    merged = false,
  }: { key: string; content: Uint8Array | AsyncIterable<Uint8Array>; after: string; merged?: boolean },
): Promise<void> {
  const Body = content instanceof Uint8Array ? content : Readable.from(content);
  const Metadata = { [appendsAfter]: after, ...(merged && { [madeOfParts]: 'yes' }) };
  const params = { Bucket: bucket.name, Key: key, Body, Metadata };
  await new Upload({ client: bucket.client, params }).done();
}

/**
 * The bytes of a file, or of a range of it. One request for each piece that is in it. Pieces that become one object meanwhile are
 * read on there; a file that was replaced after its reader had begun fails.
 */
export async function* bytesOf(
  bucket: Bucket,
  { key, file }: { key: string; file: FoundFile },
  range?: ByteRange,
): AsyncGenerator<Uint8Array> {
  const start = Math.max(0, range?.start ?? 0);
  const end = Math.min(file.size, range?.end ?? file.size);
  let found = file;
  let at = start;
  for (let look = 1; at < end;) {
    const place = placeOf(found, at);
    if (place === null) return;
    try {
      for await (const bytes of await openPiece(bucket, { ...place, length: end - at })) {
        at += bytes.length;
        yield bytes;
      }
    } catch (error) {
      if (!isGone(error) || look >= mostLooks) throw error;
      look += 1;
      const now = await foundFile(bucket, key);
      if (now === null || (at > start && !now.merged)) throw error;
      found = now;
    }
  }
}

interface Place {
  readonly key: string; // of the object
  readonly from: number; // in it
  readonly left: number; // bytes that it has from there
}

/** Where a byte of a file is; null behind its end. */
function placeOf(file: FoundFile, at: number): Place | null {
  let begin = 0;
  for (const { key, size } of file.pieces) {
    if (at < begin + size) return { key, from: at - begin, left: begin + size - at };
    begin += size;
  }
  return null;
}

async function openPiece(
  bucket: Bucket,
  { key, from, left, length }: Place & { length: number },
): Promise<AsyncIterable<Uint8Array>> {
  const Range = `bytes=${from}-${from + Math.min(left, length) - 1}`;
  const answer = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key, Range }));
  return answer.Body as AsyncIterable<Uint8Array>;
}

/** The object is not there any more, or shorter than it was. */
function isGone(error: unknown): boolean {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  return status === 404 || status === 416;
}

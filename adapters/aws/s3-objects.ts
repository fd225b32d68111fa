import { pipeline, Readable } from 'node:stream';
import type { Transform } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { GetObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ByteRange } from '../../core/ports/archive.ts';
import { contentType } from '../../core/results/content-type.ts';
import { appendsAfter, foundFile, madeOfParts, unpackedSize } from './s3-parts.ts';
import type { Bucket, FoundFile, Piece } from './s3-parts.ts';

/** How often the pieces of a file may be gone before their turn until a reader gives up. */
const mostLooks = 20;

/** Bytes from which text is worth packing. */
const leastPacked = 1024;

interface NewObject {
  readonly key: string;
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
  readonly after: string; // parts up to that name are older
  /**
   * It is made of the parts of its file: how many bytes that are, and the tag of the object in whose place it comes, null where there
   * is none. When that has changed meanwhile it is refused, see isOvertaken. Text is stored with gzip.
   */
  readonly merged?: { readonly size: number; readonly over: string | null };
}

/** An object appears whole or not at all; it says itself which parts are older than it is, and what a browser shall take it for. */
export async function putObject(bucket: Bucket, { key, content, after, merged }: NewObject): Promise<void> {
  const ContentType = contentType(key);
  const packed = merged !== undefined && merged.size >= leastPacked && isText(key);
  const plain = content instanceof Uint8Array ? content : Readable.from(content);
  const Body = packed ? through(createGzip(), Readable.from(content)) : plain;
  const Metadata = {
    [appendsAfter]: after,
    ...(merged !== undefined && { [madeOfParts]: 'yes' }),
    ...(packed && { [unpackedSize]: String(merged.size) }),
  };
  const condition =
    merged === undefined ? {} : merged.over === null ? { IfNoneMatch: '*' } : { IfMatch: merged.over };
  const params = {
    Bucket: bucket.name,
    Key: key,
    Body,
    Metadata,
    ContentType,
    ...(packed && { ContentEncoding: 'gzip' }),
    ...condition,
  };
  await new Upload({ client: bucket.client, params }).done();
}

/** Whether a file is one that people read, as logs are. */
export function isText(key: string): boolean {
  return contentType(key).startsWith('text/');
}

/** Whether an object was refused because another one has taken its place first. */
export function isOvertaken(error: unknown): boolean {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  return status === 412 || status === 409;
}

/** What a source gives, changed by a stream; what fails in the source fails who reads. */
function through(change: Transform, source: Readable): Readable {
  pipeline(source, change, () => undefined); // an error ends `change`, whose reader gets it
  return change;
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
      for await (const bytes of openPiece(bucket, { ...place, length: end - at })) {
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
  readonly piece: Piece;
  readonly from: number; // in what it holds
  readonly left: number; // bytes that it has from there
}

/** Where a byte of a file is; null behind its end. */
function placeOf(file: FoundFile, at: number): Place | null {
  let begin = 0;
  for (const piece of file.pieces) {
    if (at < begin + piece.size) return { piece, from: at - begin, left: begin + piece.size - at };
    begin += piece.size;
  }
  return null;
}

async function* openPiece(
  bucket: Bucket,
  { piece, from, left, length }: Place & { length: number },
): AsyncGenerator<Uint8Array> {
  const most = Math.min(left, length);
  // The object that was looked at, and not one that has come in its place since and is stored in another way.
  const IfMatch = piece.etag ?? undefined;
  const Range = piece.packed ? undefined : `bytes=${from}-${from + most - 1}`;
  const answer = await bucket.client.send(
    new GetObjectCommand({ Bucket: bucket.name, Key: piece.key, Range, IfMatch }),
  );
  const body = answer.Body as Readable;
  if (piece.packed) yield* within(through(createGunzip(), body), { from, length: most });
  else yield* body as AsyncIterable<Uint8Array>;
}

/** Some of the bytes of a stream, which ends with them. */
async function* within(
  stream: AsyncIterable<Uint8Array>,
  { from, length }: { from: number; length: number },
): AsyncGenerator<Uint8Array> {
  let begin = 0;
  for await (const bytes of stream) {
    const wanted = bytes.subarray(Math.max(0, from - begin), Math.max(0, from + length - begin));
    begin += bytes.length;
    if (wanted.length > 0) yield wanted;
    if (begin >= from + length) return;
  }
}

/** The object is not there any more, or not as it was. */
function isGone(error: unknown): boolean {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  return status === 404 || status === 412 || status === 416;
}

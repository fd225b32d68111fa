import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ByteRange } from '../../core/ports/archive.ts';
import { appendsAfter } from './s3-parts.ts';
import type { Bucket, FoundFile } from './s3-parts.ts';

/** An object appears whole or not at all; it says itself which parts are older than it is. */
export async function putObject(
  bucket: Bucket,
  { key, content, after }: { key: string; content: Uint8Array | AsyncIterable<Uint8Array>; after: string },
): Promise<void> {
  const Body = content instanceof Uint8Array ? content : Readable.from(content);
  const params = { Bucket: bucket.name, Key: key, Body, Metadata: { [appendsAfter]: after } };
  await new Upload({ client: bucket.client, params }).done();
}

/** The bytes of a file, or of a range of it. One request for each piece that is in it. */
export async function* bytesOf(
  bucket: Bucket,
  file: FoundFile,
  range?: ByteRange,
): AsyncGenerator<Uint8Array> {
  const start = Math.max(0, range?.start ?? 0);
  const end = Math.min(file.size, range?.end ?? file.size);
  let at = 0;
  for (const { key, size } of file.pieces) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, size);
    if (from < to) {
      const Range = `bytes=${from}-${to - 1}`;
      const answer = await bucket.client.send(
        new GetObjectCommand({ Bucket: bucket.name, Key: key, ...(to - from < size && { Range }) }),
      );
      if (answer.Body !== undefined) yield* answer.Body as AsyncIterable<Uint8Array>;
    }
    at += size;
  }
}

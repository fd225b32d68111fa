import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { SuiteSourceError } from '../../core/ports/suite-source.ts';
import type { FetchTarball } from '../../core/ports/suite-source.ts';

/** A tarball that a bucket does not have, or does not give to us. */
export class S3TarballError extends SuiteSourceError {
  override readonly name = 'S3TarballError';
  constructor(params: { url: string; reason: string; cause?: unknown }) {
    super(`tarball ${params.url}: ${params.reason}`, { cause: params.cause });
  }
}

/** Reads `s3://bucket/key`. Credentials and region are found as every AWS tool finds them, unless the client's configuration has them. */
export function s3Tarballs(config: S3ClientConfig = {}): FetchTarball {
  const client = new S3Client(config);
  return async (url, signal) => {
    const { bucket, key } = parseS3Url(url);
    try {
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
        abortSignal: signal,
      });
      if (answer.Body === undefined) throw new S3TarballError({ url, reason: 'the answer has no content' });
      return { bytes: answer.ContentLength ?? null, body: chunksOf(answer.Body.transformToWebStream()) };
    } catch (cause) {
      if (cause instanceof SuiteSourceError || signal.aborted) throw cause;
      throw new S3TarballError({ url, reason: reasonOf(cause, { bucket, key }), cause });
    }
  };
}

/** Keys are taken as they stand: a `%` or a `?` in one is part of its name. */
function parseS3Url(url: string): { bucket: string; key: string } {
  const [, bucket, key] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/(.+)$/s.exec(url) ?? [];
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  throw new S3TarballError({ url, reason: 'must be s3://BUCKET/KEY' });
}

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield chunk;
}

function reasonOf(error: unknown, { bucket, key }: { bucket: string; key: string }): string {
  if (error instanceof S3ServiceException) {
    if (error.name === 'NoSuchKey') return `there is no object '${key}' in the bucket '${bucket}'`;
    if (error.name === 'NoSuchBucket') return `there is no bucket '${bucket}'`;
    if (error.name === 'AccessDenied') return `the bucket '${bucket}' does not let us read '${key}'`;
  }
  return error instanceof Error ? `cannot be had: ${error.message || error.name}` : String(error);
}

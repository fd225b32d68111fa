import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SuiteSourceError } from '../../core/ports/suite-source.ts';
import type { FetchTarball } from '../../core/ports/suite-source.ts';
import { TarballError, TarballTooBigError } from './source-errors.ts';
import { inMiB, limitBytes } from './tarball-limits.ts';
import type { TarballLimits } from './tarball-limits.ts';

/** Copies a tarball from a URL into a file as it comes in and answers with its SHA-256. Ends at the deadline and at the limit of bytes. */
export async function downloadTarball(params: {
  url: string;
  shown: string;
  file: string;
  fetch: FetchTarball;
  limits: TarballLimits;
}): Promise<string> {
  const { url, shown, file, limits } = params;
  const signal = AbortSignal.timeout(limits.deadlineMs);
  const hash = createHash('sha256');
  try {
    const { body, bytes } = await params.fetch(url, signal);
    if (bytes !== null && bytes > limits.packedBytes) throw tooBig(shown, limits);
    const limit = limitBytes({ most: limits.packedBytes, tarball: shown, verb: 'has' });
    await pipeline(Readable.from(body), limit, hashInto(hash), createWriteStream(file), { signal });
  } catch (cause) {
    if (cause instanceof SuiteSourceError) throw cause;
    const late = `was not here after ${limits.deadlineMs / 1000} s`;
    throw new TarballError({
      tarball: shown,
      reason: signal.aborted ? late : `cannot be had: ${told(cause)}`,
      cause,
    });
  }
  return hash.digest('hex');
}

/** The SHA-256 of a tarball on this machine. */
export async function hashTarball(file: string, limits: TarballLimits): Promise<string> {
  if ((await stat(file)).size > limits.packedBytes) throw tooBig(file, limits);
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (cause) {
    throw new TarballError({ tarball: file, reason: `cannot be read: ${told(cause)}`, cause });
  }
  return hash.digest('hex');
}

/** Tarballs from web servers. A name and password in the URL are sent as basic authentication. */
export const fetchFromWeb: FetchTarball = async (text, signal) => {
  const url = new URL(text);
  const headers = new Headers();
  if (url.username !== '') {
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.set('authorization', `Basic ${Buffer.from(login).toString('base64')}`);
    url.username = '';
    url.password = '';
  }
  const answer = await fetch(url, { headers, signal });
  if (!answer.ok || answer.body === null) {
    await answer.body?.cancel();
    throw new TarballError({
      tarball: `${url.origin}${url.pathname}`,
      reason: `the server answers ${answer.status} ${answer.statusText}`.trim(),
    });
  }
  // The length is that of what is sent, which is not what arrives here when it is packed for the way.
  const isPacked = answer.headers.has('content-encoding');
  const length = answer.headers.get('content-length');
  return { body: answer.body, bytes: length === null || isPacked ? null : Number(length) };
};

function hashInto(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

function tooBig(tarball: string, limits: TarballLimits): TarballTooBigError {
  return new TarballTooBigError({ tarball, reason: `has more than ${inMiB(limits.packedBytes)}` });
}

/** `fetch` hides behind "fetch failed" why it did. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? told(error.cause) : error.message || error.name;
}

import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { partialPrefix } from './partial-files.ts';

/** The file of a job that may lie compressed in its folder, and is read as if it did not. */
export const compressible = 'teuthology.log';

/** What the compressed form has behind the name. */
export const compressedSuffix = '.gz';

/** gzip says how long its content is in 32 bits: a longer one would be served as a shorter. */
const mostBytes = 2 ** 32 - 1;

/** Whether there is something to compress: a plain file that is not empty, nor longer than gzip can tell. */
export async function mayCompress(file: string): Promise<boolean> {
  const found = await lstat(file).catch(() => null);
  return found !== null && found.isFile() && found.size > 0 && found.size <= mostBytes;
}

/**
 * Puts `FILE.gz` in the place of a file that nobody writes any more, with its mode and times. Killed at any point, one of the two is whole
 * and readers find it; a second call finishes what a first has left.
 */
export async function compressLog(file: string): Promise<void> {
  const before = await stat(file);
  const partial = join(dirname(file), `${partialPrefix}${basename(file)}${compressedSuffix}`);
  await rm(partial, { force: true });
  await pipeline(createReadStream(file), createGzip(), createWriteStream(partial, { mode: before.mode }));
  const written = await open(partial, 'r+');
  try {
    await written.chmod(before.mode);
    await written.sync(); // the original goes
  } finally {
    await written.close();
  }
  await utimes(partial, before.atime, before.mtime);
  await rename(partial, `${file}${compressedSuffix}`);
  await rm(file);
}

/** What a compressed file holds. */
export interface CompressedFile {
  readonly size: number; // of the content
  readonly modifiedAt: number; // epoch ms
  /** Bytes `[start, end)` of the content. Unpacks all that is before them. */
  content(start: number, end: number): AsyncGenerator<Uint8Array>;
}

/** A file as `compressLog` makes them; null when it is none. Costs a look at its end. */
export async function compressedFile(file: string): Promise<CompressedFile | null> {
  const handle = await open(file, 'r');
  try {
    const found = await handle.stat();
    if (!found.isFile() || found.size < 18) return null; // shorter than any gzip
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, found.size - 4);
    const size = buffer.readUInt32LE();
    return {
      size,
      modifiedAt: found.mtimeMs,
      content: (start, end) => unpacked(file, Math.max(0, start), Math.min(size, end)),
    };
  } finally {
    await handle.close();
  }
}

async function* unpacked(file: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (start >= end) return;
  const packed = createReadStream(file);
  const content = createGunzip();
  packed.on('error', (error) => content.destroy(error)).pipe(content);
  let at = 0;
  try {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      const part = chunk.subarray(Math.max(0, start - at), end - at);
      at += chunk.length;
      if (part.length > 0) yield part;
      if (at >= end) return;
    }
  } finally {
    packed.destroy();
    content.destroy();
  }
}

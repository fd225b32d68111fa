import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Remote } from '../remote/remote.ts';
import type { JobArchive } from './job-archive.ts';

/**
 * Brings the regular files below a remote directory into the job's folder, one at a time and in bounded memory. Files of
 * `compressFrom` bytes and more are compressed on the way and get the ending `.gz`, unless they have it.
 */
export async function pullIntoArchive(params: {
  remote: Remote;
  from: string;
  archive: JobArchive;
  to: string; // folder in the job's archive
  compressFrom: number; // bytes
  sudo: boolean;
}): Promise<{ files: number; bytes: number }> {
  const { archive, to } = params;
  const pulled = { files: 0, bytes: 0 };
  await params.remote.pullDirectory(
    params.from,
    async (file) => {
      const compress = file.size >= params.compressFrom && !file.path.endsWith('.gz');
      const path = `${to}/${file.path}`;
      if (compress)
        await archive.put(
          `${path}.gz`,
          Readable.from(file.content).compose(createGzip()) as AsyncIterable<Uint8Array>,
        );
      else await archive.put(path, file.content);
      pulled.files++;
      pulled.bytes += file.size;
    },
    { sudo: params.sudo },
  );
  return pulled;
}

/** A size as people write it, in bytes: `128MB`, `1.5 GiB`, `4096`; units are powers of 1000, or of 1024 with an `i`. Null when it is none. */
export function parseSize(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?(?:ytes?)?\s*$/i.exec(text);
  if (!match) return null;
  const power = ' kmgtp'.indexOf((match[2] ?? '').toLowerCase() || ' ');
  return Math.round(Number(match[1]) * (match[3] ? 1024 : 1000) ** power);
}

import { archivePath } from '../../core/ports/archive.ts';
import type { Archive } from '../../core/ports/archive.ts';
import type { JobArchive } from './job-archive.ts';

/** One job's folder in an archive; `location` is how messages name it, by default its URL or path in the archive. */
export function jobArchive(params: {
  archive: Pick<Archive, 'append' | 'put' | 'url'>;
  prefix: string;
  location?: string;
}): JobArchive {
  const { archive, prefix } = params;
  const within = (path: string): string =>
    archivePath(prefix === '' ? archivePath(path) : `${prefix}/${archivePath(path)}`);
  return {
    location: params.location ?? archive.url(prefix) ?? prefix,
    put: (path, content) => archive.put(within(path), bytes(content)),
    append: (path, content) =>
      archive.append(within(path), typeof content === 'string' ? Buffer.from(content) : content),
    url: (path) => archive.url(within(path)),
  };
}

function bytes(
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
): Uint8Array | AsyncIterable<Uint8Array> {
  return typeof content === 'string' ? Buffer.from(content) : content;
}

import type { S3Client } from '@aws-sdk/client-s3';
import { archivePath, ArchivePathError } from '../../core/ports/archive.ts';
import type { Archive } from '../../core/ports/archive.ts';
import { listFolder } from './s3-listing.ts';
import { bytesOf, putObject } from './s3-objects.ts';
import { foundFile, partWriter } from './s3-parts.ts';
import type { Bucket } from './s3-parts.ts';

/**
 * The archive as objects in a bucket. An object cannot grow, so what is appended lies beside its file as parts, which reads and
 * listings join. Appends of one process to one file keep their order; those that come while one is on its way go together in
 * the next part, so that a busy log costs one request for each round trip and not for each line.
 */
export function s3Archive(options: {
  readonly client: S3Client;
  readonly bucket: string;
  readonly baseUrl: string | null; // where it is served; null = nowhere
}): Archive {
  const bucket: Bucket = { client: options.client, name: options.bucket };
  const writer = partWriter(bucket);
  return {
    append: async (path, bytes) => writer.append(filePath(path), bytes),
    /** One request, or one for each 5 MB. Parts that were before it are no longer read, and go when the job's files are merged. */
    async put(path, content) {
      const key = filePath(path);
      await putObject(bucket, { key, content, after: writer.olderThanNow(key) });
    },
    /** Two requests to find the file, and one for each part that is read. A part of a file that is stored with gzip is unpacked from its beginning. */
    async read(path, range) {
      const key = filePath(path);
      const file = await foundFile(bucket, key);
      if (file === null) return null;
      return { size: file.size, modifiedAt: file.modifiedAt, content: bytesOf(bucket, { key, file }, range) };
    },
    list: async (path, page) => listFolder(bucket, archivePath(path), page),
    url(path) {
      const clean = archivePath(path);
      if (options.baseUrl === null) return null;
      return `${options.baseUrl.replace(/\/$/, '')}/${encodeURIComponent(clean).replaceAll('%2F', '/').replaceAll('%3A', ':')}`;
    },
  };
}

/** A path that names a file: anything but the archive itself. */
function filePath(path: string): string {
  const clean = archivePath(path);
  if (clean === '') throw new ArchivePathError(path);
  return clean;
}

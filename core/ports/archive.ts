/**
 * The tree `RUN/JOB/...` of logs and artefacts. Paths are relative, slash-separated and may not leave the tree:
 * every method refuses `..`, absolute and empty segments with ArchivePathError.
 */
export interface Archive {
  /** Adds bytes at the end of a file, making it and its folders. When it resolves, the bytes survive the death of the process (L7). */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Writes a whole file, replacing any earlier one; a reader sees the old or the new content, never a part. */
  put(path: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** Bytes `[start, end)` of a file, or null when it does not exist; without a range, all of it. */
  read(path: string, range?: ByteRange): Promise<ArchiveFile | null>;
  /** The entries of one folder in code-point order, or a page of them; empty when it does not exist. Only the entries of a page are looked at. */
  list(path: string, page?: EntriesPage): Promise<ArchiveEntry[]>;
  /** The public, stable URL of a path; null when the archive is served nowhere. */
  url(path: string): string | null;
}

export interface EntriesPage {
  readonly limit: number;
  readonly after?: string; // the name before the first entry; default: from the beginning
}

export interface ByteRange {
  readonly start: number;
  readonly end: number | null; // null = to the end
}

export interface ArchiveFile {
  readonly size: number; // of the whole file
  readonly modifiedAt: number; // epoch ms
  readonly content: AsyncIterable<Uint8Array>; // of the range asked for
}

export interface ArchiveEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly size: number; // 0 for folders
  readonly modifiedAt: number; // epoch ms
}

/** A path that is malformed or would leave the archive. */
export class ArchivePathError extends Error {
  override readonly name = 'ArchivePathError';
  readonly path: string;
  constructor(path: string) {
    super(`archive path '${path}' is not a relative path inside the archive`);
    this.path = path;
  }
}

/** Checks a path and returns it normalised (no `.` and no doubled slashes). `''` is the root. */
export function archivePath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (path.startsWith('/') || path.includes('\0') || path.includes('\\') || segments.includes('..')) {
    throw new ArchivePathError(path);
  }
  return segments.join('/');
}

import type { Stats } from 'node:fs';
import { constants, createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { compareCodePoints } from '../../core/config/code-point-order.ts';
import { archivePath, ArchivePathError } from '../../core/ports/archive.ts';
import type { Archive, ArchiveEntry, ArchiveFile, ByteRange, EntriesPage } from '../../core/ports/archive.ts';
import { compressedFile, compressedSuffix, compressible } from './compressed-log.ts';
import { existingPath, parentFolder } from './inside-folder.ts';
import { partialPrefix } from './partial-files.ts';

/**
 * The archive as a folder of plain files. A path that leads out of it, also over a symbolic link, is refused. Several
 * processes may use one folder; two that append to the same file at once interleave whole appends up to a few KiB only.
 */
export function fileArchive({ folder, baseUrl }: { folder: string; baseUrl: string | null }): Archive {
  const appends = new Map<string, Promise<void>>();
  let partials = 0;
  return {
    /** Appends of one process to one file keep their order. One open, write and close each. */
    append(path, bytes) {
      const before = appends.get(path) ?? Promise.resolve();
      const done = before.catch(() => {}).then(() => appendTo(folder, path, bytes));
      appends.set(path, done);
      const forget = () => {
        if (appends.get(path) === done) appends.delete(path);
      };
      done.then(forget, forget);
      return done;
    },
    async put(path, content) {
      const target = await fileIn(folder, path);
      partials += 1;
      const partial = join(target.folder, `${partialPrefix}${process.pid}-${partials}`);
      try {
        await writeNew(partial, content);
        await rename(partial, target.file);
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
    },
    /** A job's log that lies compressed is read as if it did not. */
    async read(path, range) {
      const file = await existingPath(folder, filePath(path));
      if (file === null)
        return basename(path) === compressible ? await readCompressed(folder, path, range) : null;
      const found = await statOrNull(file);
      if (!found?.isFile()) return null;
      return { size: found.size, modifiedAt: found.mtimeMs, content: bytesOf(file, found.size, range) };
    },
    /** Reads the names of the folder, and looks at those of the page. */
    list: async (path, page) => listFolder(folder, path, page),
    url(path) {
      const clean = archivePath(path);
      if (baseUrl === null) return null;
      return `${baseUrl.replace(/\/$/, '')}/${encodeURIComponent(clean).replaceAll('%2F', '/').replaceAll('%3A', ':')}`;
    },
  };
}

async function readCompressed(
  folder: string,
  path: string,
  range: ByteRange | undefined,
): Promise<ArchiveFile | null> {
  const file = await existingPath(folder, `${filePath(path)}${compressedSuffix}`);
  const form = file === null ? null : await compressedFile(file);
  if (form === null) return null;
  const { size, modifiedAt } = form;
  return { size, modifiedAt, content: form.content(range?.start ?? 0, range?.end ?? size) };
}

/** A path that names a file: anything but the archive itself. */
function filePath(path: string): string {
  const clean = archivePath(path);
  if (clean === '') throw new ArchivePathError(path);
  return clean;
}

async function fileIn(folder: string, path: string): Promise<{ folder: string; file: string }> {
  const clean = filePath(path);
  const parent = await parentFolder(folder, clean);
  return { folder: parent, file: join(parent, basename(clean)) };
}

async function appendTo(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const { file } = await fileIn(folder, path);
  // A last segment that is a symbolic link is refused by the system itself.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const handle = await open(file, flags, 0o644).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ELOOP' ? new ArchivePathError(path) : cause;
  });
  try {
    await handle.appendFile(bytes);
  } finally {
    await handle.close();
  }
}

async function writeNew(file: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  const handle = await open(file, 'wx', 0o644);
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
}

/** The file is opened when the reader begins, so that a reader who only wants the size leaves nothing open. */
async function* bytesOf(
  file: string,
  size: number,
  range: ByteRange | undefined,
): AsyncGenerator<Uint8Array> {
  const start = Math.max(0, range?.start ?? 0);
  const end = Math.min(size, range?.end ?? size);
  if (start < end) yield* createReadStream(file, { start, end: end - 1 }) as AsyncIterable<Uint8Array>;
}

async function listFolder(
  folder: string,
  path: string,
  { limit, after = '' }: EntriesPage = { limit: Infinity },
): Promise<ArchiveEntry[]> {
  const place = await existingPath(folder, archivePath(path));
  if (place === null) return [];
  const names = await readdir(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const visible = names.filter(
    (name) => !name.startsWith(partialPrefix) && compareCodePoints(name, after) > 0,
  );
  visible.sort(compareCodePoints);
  const found: ArchiveEntry[] = [];
  for (let at = 0; at < visible.length && found.length < limit;) {
    const some = visible.slice(at, at + limit - found.length);
    at += some.length;
    const entries = await Promise.all(
      some.map((name) => entryOf(folder, join(archivePath(path), name), name)),
    );
    found.push(...entries.filter((entry) => entry !== null));
  }
  return found;
}

/** What a name in a folder is; null for what the archive does not hold: links that lead out, sockets, names just removed. */
async function entryOf(folder: string, path: string, name: string): Promise<ArchiveEntry | null> {
  const place = await existingPath(folder, path).catch((error: unknown) => {
    if (error instanceof ArchivePathError) return null;
    throw error;
  });
  const found = place === null ? null : await statOrNull(place);
  if (found?.isDirectory()) return { name, kind: 'folder', size: 0, modifiedAt: found.mtimeMs };
  if (found?.isFile()) return { name, kind: 'file', size: found.size, modifiedAt: found.mtimeMs };
  return null;
}

async function statOrNull(path: string): Promise<Stats | null> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
}

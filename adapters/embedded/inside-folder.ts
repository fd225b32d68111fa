import { mkdir, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { ArchivePathError } from '../../core/ports/archive.ts';

/**
 * Where a path below a folder really is, symbolic links followed, or null when nothing is there. Throws ArchivePathError
 * when it is outside the folder.
 */
export async function existingPath(folder: string, path: string): Promise<string | null> {
  const root = await realpathOrNull(folder);
  const place = await realpathOrNull(join(folder, path));
  if (root === null || place === null) return null;
  if (place !== root && !place.startsWith(root + sep)) throw new ArchivePathError(path);
  return place;
}

/** The folder that holds a path, made when it is missing. It is checked before anything is made in it. */
export async function parentFolder(folder: string, path: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const parent = dirname(path);
  await refuseEscape(folder, parent);
  await mkdir(join(folder, parent), { recursive: true });
  const place = await existingPath(folder, parent);
  if (place === null) throw new ArchivePathError(path);
  return place;
}

/** Walks up to the nearest ancestor that exists, which must be inside. */
async function refuseEscape(folder: string, path: string): Promise<void> {
  if ((await existingPath(folder, path)) !== null || path === '.') return;
  await refuseEscape(folder, dirname(path));
}

async function realpathOrNull(path: string): Promise<string | null> {
  return realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
}

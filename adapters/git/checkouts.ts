import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

export interface Checkout {
  readonly cacheFolder: string;
  readonly id: string; // of its content
  /** Writes the whole tree into a new, empty folder. */
  readonly fill: (folder: string) => Promise<void>;
}

/**
 * The folder `checkouts/ID` with a tree on disk, made when it is missing and from then on never changed. It appears whole or not
 * at all, however many processes ask for it at once. Asking for it counts as using it.
 */
export async function checkOut({ cacheFolder, id, fill }: Checkout): Promise<string> {
  const parent = join(cacheFolder, 'checkouts');
  const folder = join(parent, id);
  if (await markUsed(folder)) return folder;
  await mkdir(parent, { recursive: true });
  const scratch = await mkdtemp(join(parent, scratchPrefix));
  try {
    await fill(scratch);
    await makeReadOnly(scratch);
    await chmod(scratch, 0o755);
    await rename(scratch, folder).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await markUsed(folder);
  return folder;
}

/** How much may stay. A checkout that was used in the last `idleMs` stays whatever the limits say. */
export interface CheckoutLimits {
  readonly most: number;
  readonly mostBytes: number;
  readonly idleMs: number;
  readonly keep: ReadonlySet<string>; // ids that unfinished jobs name
}

/**
 * Removes the checkouts that were used longest ago until the limits are kept, and what killed processes left behind. Answers with
 * the ids that went. Costs one walk over all checkouts.
 */
export async function pruneCheckouts(cacheFolder: string, limits: CheckoutLimits): Promise<string[]> {
  const parent = join(cacheFolder, 'checkouts');
  await sweepScratch(parent);
  const checkouts = (await checkoutsIn(parent)).sort((a, b) => b.usedAt - a.usedAt);
  const gone: string[] = [];
  let count = 0;
  let bytes = 0;
  for (const { id, usedAt, size } of checkouts) {
    count += 1;
    bytes += size;
    const isFree = !limits.keep.has(id) && Date.now() - usedAt >= limits.idleMs;
    if (!isFree || (count <= limits.most && bytes <= limits.mostBytes)) continue;
    if (!(await remove(parent, id))) continue;
    gone.push(id);
    count -= 1;
    bytes -= size;
  }
  return gone;
}

const scratchPrefix = '.scratch-';
const staleMs = 24 * 60 * 60 * 1000;

async function markUsed(folder: string): Promise<boolean> {
  const now = new Date();
  return await utimes(folder, now, now).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** Jobs share a checkout; one that writes into it fails rather than changing what the next one runs. */
async function makeReadOnly(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    await chmod(path, (await stat(path)).mode & 0o555);
  }
}

interface OneCheckout {
  readonly id: string;
  readonly usedAt: number;
  readonly size: number;
}

async function checkoutsIn(parent: string): Promise<OneCheckout[]> {
  const ids = (await namesIn(parent)).filter((name) => !name.startsWith('.'));
  const found = await Promise.all(
    ids.map(async (id) => {
      const folder = await stat(join(parent, id)).catch(() => null);
      return folder === null
        ? null
        : { id, usedAt: folder.mtimeMs, size: await bytesBelow(join(parent, id)) };
    }),
  );
  return found.filter((each) => each !== null);
}

async function namesIn(parent: string): Promise<string[]> {
  return await readdir(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const found = await lstat(join(entry.parentPath, entry.name)).catch(() => null);
    bytes += found?.size ?? 0;
  }
  return bytes;
}

/** Renamed first, so that nobody ever sees half of it; false when another process was faster. */
async function remove(parent: string, id: string): Promise<boolean> {
  const grave = await mkdtemp(join(parent, scratchPrefix));
  try {
    await rename(join(parent, id), join(grave, id));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  } finally {
    await rm(grave, { recursive: true, force: true });
  }
}

async function sweepScratch(parent: string): Promise<void> {
  const names = (await namesIn(parent)).filter((name) => name.startsWith(scratchPrefix));
  for (const name of names) {
    const found = await stat(join(parent, name)).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > staleMs)
      await rm(join(parent, name), { recursive: true, force: true });
  }
}

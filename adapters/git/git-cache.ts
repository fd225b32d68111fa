import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitFailedError, git } from './git-command.ts';
import { fetchCommands } from './git-fetch.ts';
import { CommitNotFoundError, UnreadableRepositoryError } from './source-errors.ts';

/** Where one repository is and how long its server may take. */
export interface CachedRepository {
  readonly cacheFolder: string;
  readonly url: string;
  readonly shown: string;
  readonly fetchMs: number;
}

const marks = 'whole-commits'; // one empty file for every commit of which everything is here
const mostHaves = 32; // commits that a server is told about, so that it sends only what is new

/**
 * The folder in which a repository's objects are kept, made when it is missing. It may be deleted at any time nobody uses it.
 * It is only ever added to, by renaming, so that no process needs a lock and one that is killed leaves nothing half done in it.
 */
export async function cacheOf({
  cacheFolder,
  url,
}: Pick<CachedRepository, 'cacheFolder' | 'url'>): Promise<string> {
  const parent = join(cacheFolder, 'git');
  const folder = join(parent, `${createHash('sha256').update(url).digest('hex').slice(0, 32)}.git`);
  if (existsSync(folder)) return folder;
  await mkdir(parent, { recursive: true });
  const made = await newRepository(parent);
  await mkdir(join(made, marks));
  await renameUnlessThere(made, folder);
  return folder;
}

/**
 * Brings a commit and its tree into the cache, unless they are there. `ref` is where the server has it, for servers that give out
 * nothing by sha1. Any number of processes may do so at once; each fetches beside the cache and then moves its objects in.
 */
export async function fetchCommit(
  repository: CachedRepository,
  { sha1, ref }: { sha1: string; ref: string | null },
): Promise<string> {
  const gitDir = await cacheOf(repository);
  const mark = join(gitDir, marks, sha1);
  if (existsSync(mark)) return gitDir;
  await sweepStale(gitDir);
  const scratch = await newRepository(gitDir);
  try {
    await startWhereCacheIs(scratch, gitDir);
    await fetchInto(scratch, repository, { sha1, ref });
    await moveObjects(join(scratch, 'objects'), join(gitDir, 'objects'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await writeFile(mark, '');
  return gitDir;
}

const scratchPrefix = 'scratch-';

async function newRepository(parent: string): Promise<string> {
  const folder = await mkdtemp(join(parent, scratchPrefix));
  await git({
    gitDir: folder,
    args: ['init', '--bare', '--quiet', '--template=', folder],
    deadlineMs: 60_000,
  });
  return folder;
}

/** Lets a scratch repository see the cache's objects, and know which commits are whole but for their parents. */
async function startWhereCacheIs(scratch: string, gitDir: string): Promise<void> {
  const names = await readdir(join(gitDir, marks));
  const dated = await Promise.all(
    names.map(async (sha1) => ({ sha1, at: (await stat(join(gitDir, marks, sha1))).mtimeMs })),
  );
  const newest = dated.sort((a, b) => b.at - a.at).slice(0, mostHaves);
  const haves = newest.map(({ sha1 }) => sha1);
  await mkdir(join(scratch, 'objects/info'), { recursive: true });
  await writeFile(join(scratch, 'objects/info/alternates'), `${join(gitDir, 'objects')}\n`);
  if (haves.length === 0) return;
  await writeFile(join(scratch, 'shallow'), haves.map((sha1) => `${sha1}\n`).join(''));
  await writeFile(join(scratch, 'packed-refs'), haves.map((sha1) => `${sha1} refs/have/${sha1}\n`).join(''));
}

async function forgetCache(scratch: string): Promise<void> {
  for (const name of ['shallow', 'packed-refs']) await rm(join(scratch, name), { force: true });
}

/** Tries the cheapest way first; the next one only when the server does not offer it. */
async function fetchInto(
  scratch: string,
  { url, shown, fetchMs }: CachedRepository,
  wanted: { sha1: string; ref: string | null },
): Promise<void> {
  const { sha1 } = wanted;
  for (const { args, fromCache } of fetchCommands(url, wanted)) {
    if (!fromCache) await forgetCache(scratch);
    const failure = await git({ gitDir: scratch, args, deadlineMs: fetchMs }).then(
      () => null,
      (error: unknown) => error,
    );
    if (failure === null && (await hasCommit(scratch, sha1))) return;
    if (failure === null) continue;
    if (!(failure instanceof GitFailedError)) throw failure;
    if (/not our ref/.test(failure.reason)) break;
    if (!isRefusal(failure))
      throw new UnreadableRepositoryError({ repository: shown, reason: failure.reason, cause: failure });
  }
  throw new CommitNotFoundError({ sha1, repository: shown });
}

/** The server answers, but not in this way: it gives out no commits by sha1, or has no shallow ones. */
function isRefusal({ reason }: GitFailedError): boolean {
  return /unadvertised object|dumb http|shallow|remote ref/i.test(reason);
}

async function hasCommit(gitDir: string, sha1: string): Promise<boolean> {
  return await git({ gitDir, args: ['cat-file', '-e', `${sha1}^{commit}`], deadlineMs: 60_000 }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof GitFailedError) return false;
      throw error;
    },
  );
}

/** A pack counts once its index is there, so indexes come last. A name says what is in a file: one already there is the same. */
async function moveObjects(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath.slice(from.length), entry.name))
    .filter((path) => !path.startsWith('/info/') && !/\/tmp_|\.keep$/.test(path));
  const inOrder = [
    ...files.filter((path) => !path.endsWith('.idx')),
    ...files.filter((path) => path.endsWith('.idx')),
  ];
  for (const path of inOrder) {
    await mkdir(join(to, path, '..'), { recursive: true });
    await rename(join(from, path), join(to, path));
  }
}

const staleMs = 24 * 60 * 60 * 1000; // a fetch that takes longer has been killed

async function sweepStale(gitDir: string): Promise<void> {
  const names = (await readdir(gitDir)).filter((name) => name.startsWith(scratchPrefix));
  for (const name of names) {
    const found = await stat(join(gitDir, name)).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > staleMs)
      await rm(join(gitDir, name), { recursive: true, force: true });
  }
}

/** Whoever is first makes it; what the others made goes away. */
async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await rm(from, { recursive: true, force: true });
  }
}

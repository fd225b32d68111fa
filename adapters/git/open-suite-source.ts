import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { FetchTarball, SuiteSource } from '../../core/ports/suite-source.ts';
import { checkOut } from './checkouts.ts';
import { directorySource } from './directory-source.ts';
import { bytesOfFile, folderTree } from './folder-tree.ts';
import { cacheOf, fetchCommit } from './git-cache.ts';
import { writeCommit } from './git-checkout.ts';
import { gitTreeSource } from './git-tree.ts';
import { parseLocation } from './location.ts';
import type { Location } from './location.ts';
import { resolveRef } from './remote-refs.ts';
import { LocationError, TarballError } from './source-errors.ts';
import { treeSource } from './suite-tree.ts';
import type { TreeDirectory } from './suite-tree.ts';
import { downloadTarball, fetchFromWeb, hashTarball } from './tarball-fetch.ts';
import { tarballLimits } from './tarball-limits.ts';
import type { TarballLimits } from './tarball-limits.ts';
import { unpackTarball } from './tarball-unpack.ts';

export interface SuiteSourceRequest {
  readonly location: string; // a path, or a URL of a repository or a tarball
  /** Branch, tag, `refs/…` or sha1 of a repository; of a tarball its SHA-256, if it must have just that. */
  readonly ref: string | null; // null = the default branch; any content
  readonly relpath: string; // where `suites/` is in the tree; '' = its root
  readonly cacheFolder: string; // may be shared by any number of processes, and deleted when none runs
  readonly fetchers?: Readonly<Record<string, FetchTarball>>; // by scheme, for tarballs in stores of their own
  readonly limits?: Partial<TarballLimits>;
  readonly deadlines?: Partial<GitDeadlines>;
}

interface GitDeadlines {
  readonly resolveMs: number;
  readonly fetchMs: number;
}

export interface OpenSuiteSource {
  readonly source: SuiteSource;
  readonly id: string | null; // as in the source
  /**
   * The folder that holds `suites/` on disk, for tasks that come with the suite. Of a repository or tarball a checkout, made when it
   * is first asked for and never changed.
   */
  readonly suitePath: () => Promise<string>;
}

const deadlines: GitDeadlines = { resolveMs: 60_000, fetchMs: 15 * 60_000 };

/**
 * The suites at any location, through one door. A ref is resolved once, here: whoever goes on with a run later opens the source again
 * with its id as the ref, which asks nobody as long as the cache is there. Throws a SuiteSourceError that says in one sentence what is wrong with the location.
 */
export async function openSuiteSource(request: SuiteSourceRequest): Promise<OpenSuiteSource> {
  const asked = {
    ...request,
    relpath: cleanRelpath(request.relpath),
    cacheFolder: resolve(request.cacheFolder),
  };
  const location = parseLocation(asked.location, asked.ref);
  switch (location.kind) {
    case 'directory':
      return openDirectory(location.folder, asked.relpath);
    case 'repository':
      return await openRepository(location, asked);
    case 'tarball file':
    case 'tarball url':
      return await openTarball(location, asked);
    default:
      return location satisfies never;
  }
}

function cleanRelpath(relpath: string): string {
  const parts = relpath.split('/').filter((part) => part !== '' && part !== '.');
  if (relpath.startsWith('/') || parts.includes('..') || relpath.includes('\0')) {
    throw new LocationError(`'${relpath}' is no path inside a suite tree`);
  }
  return parts.join('/');
}

function openDirectory(folder: string, relpath: string): OpenSuiteSource {
  const place = join(folder, relpath);
  return { source: directorySource(place), id: null, suitePath: async () => place };
}

async function openRepository(
  { url, shown }: Extract<Location, { kind: 'repository' }>,
  request: SuiteSourceRequest,
): Promise<OpenSuiteSource> {
  const { cacheFolder, relpath } = request;
  const { resolveMs, fetchMs } = { ...deadlines, ...request.deadlines };
  await mkdir(cacheFolder, { recursive: true });
  const gitDir = await cacheOf({ cacheFolder, url });
  const { sha1, name } = await resolveRef({ gitDir, url, shown, ref: request.ref, deadlineMs: resolveMs });
  await fetchCommit({ cacheFolder, url, shown, fetchMs }, { sha1, ref: name });
  const fill = async (folder: string) => await writeCommit({ gitDir, sha1, folder });
  return {
    source: await gitTreeSource({ gitDir, origin: `${shown}@${sha1}`, sha1, relpath }),
    id: sha1,
    suitePath: async () => join(await checkOut({ cacheFolder, id: sha1, fill }), relpath),
  };
}

type TarballLocation = Extract<Location, { kind: 'tarball file' | 'tarball url' }>;

async function openTarball(location: TarballLocation, request: SuiteSourceRequest): Promise<OpenSuiteSource> {
  const { relpath } = request;
  const { id, folder } = await unpacked(location, request);
  const tree = await folderTree(folder);
  const top = topFolder(tree, relpath);
  const root = top === null ? tree : (tree.children.get(top) as TreeDirectory<string>);
  const source = treeSource({ origin: location.shown, sha1: null, id, root, relpath, bytesOf: bytesOfFile });
  return { source, id, suitePath: async () => join(folder, top ?? '', relpath) };
}

/** The checkout of a tarball. One whose hash is known beforehand is not even asked for when it is there already. */
async function unpacked(
  location: TarballLocation,
  request: SuiteSourceRequest,
): Promise<{ id: string; folder: string }> {
  const { cacheFolder } = request;
  const { shown } = location;
  const limits = { ...tarballLimits, ...request.limits };
  const known = expectedHash(shown, request.ref);
  const unpack = (file: string) => async (folder: string) =>
    await unpackTarball({ file, shown, folder, limits });
  if (known === null) {
    return await withTarball(location, request, async ({ file, id }) => ({
      id,
      folder: await checkOut({ cacheFolder, id, fill: unpack(file) }),
    }));
  }
  const fill = async (folder: string) =>
    await withTarball(location, request, async ({ file, id }) => {
      const reason = `its SHA-256 is ${id} and not ${known}`;
      if (id !== known) throw new TarballError({ tarball: shown, reason });
      await unpack(file)(folder);
    });
  return { id: known, folder: await checkOut({ cacheFolder, id: known, fill }) };
}

function expectedHash(shown: string, ref: string | null): string | null {
  if (ref === null || /^[0-9a-f]{64}$/.test(ref)) return ref;
  throw new LocationError(`'${shown}' is a tarball, whose ref can only be its SHA-256 and not '${ref}'`);
}

/** Has a tarball as a file on this machine for as long as `use` takes. */
async function withTarball<T>(
  location: TarballLocation,
  request: SuiteSourceRequest,
  use: (tarball: { file: string; id: string }) => Promise<T>,
): Promise<T> {
  const { cacheFolder } = request;
  const limits = { ...tarballLimits, ...request.limits };
  if (location.kind === 'tarball file') {
    return await use({ file: location.file, id: await hashTarball(location.file, limits) });
  }
  await mkdir(cacheFolder, { recursive: true });
  const scratch = await mkdtemp(join(cacheFolder, '.download-'));
  try {
    const file = join(scratch, 'tarball');
    const { url, shown } = location;
    const fetch = fetcherFor(location, request);
    return await use({ file, id: await downloadTarball({ url, shown, file, fetch, limits }) });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function fetcherFor(
  { scheme, shown }: Extract<Location, { kind: 'tarball url' }>,
  { fetchers }: SuiteSourceRequest,
): FetchTarball {
  const known: Record<string, FetchTarball> = { http: fetchFromWeb, https: fetchFromWeb, ...fetchers };
  const fetch = known[scheme];
  if (fetch === undefined)
    throw new TarballError({ tarball: shown, reason: `nothing here reads ${scheme}:// locations` });
  return fetch;
}

/** The one folder that GitHub and others put around everything, when the suites are in it; null when they are not. */
function topFolder(tree: TreeDirectory<string>, relpath: string): string | null {
  const isAt = (root: TreeDirectory<string>) =>
    treeSource({ origin: '', sha1: null, id: '', root, relpath, bytesOf: bytesOfFile }).stat('suites') ===
    'directory';
  const [only, ...others] = [...tree.children];
  if (only === undefined || others.length > 0 || only[1].kind !== 'directory' || isAt(tree)) return null;
  return isAt(only[1]) ? only[0] : null;
}

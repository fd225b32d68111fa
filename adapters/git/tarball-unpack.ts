import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, open, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import type { ExtractEvents, Header } from 'tar-stream';
import { SuiteSourceError } from '../../core/ports/suite-source.ts';
import { TarballError, TarballTooBigError } from './source-errors.ts';
import { limitBytes } from './tarball-limits.ts';
import type { TarballLimits } from './tarball-limits.ts';

/**
 * Unpacks a `.tar`, `.tar.gz` or `.tar.zst`, told by its first bytes, into an empty folder. Nothing is written outside of it: names
 * that climb, start at the root or lead through a link are refused, as are devices.
 */
export async function unpackTarball(params: {
  file: string;
  shown: string;
  folder: string;
  limits: TarballLimits;
}): Promise<void> {
  const { file, shown, folder, limits } = params;
  try {
    const unpackers = await unpackersFor(file, shown);
    const unpacked = limitBytes({ most: limits.unpackedBytes, tarball: shown, verb: 'unpacks to' });
    const links = await writeEntries([createReadStream(file), ...unpackers, unpacked], {
      shown,
      folder,
      limits,
    });
    // Links come last, so that nothing is ever written through one.
    for (const [path, target] of links) await symlink(target, join(folder, path));
  } catch (cause) {
    if (cause instanceof SuiteSourceError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TarballError({ tarball: shown, reason: `cannot be unpacked: ${reason}`, cause });
  }
}

async function unpackersFor(file: string, shown: string): Promise<Transform[]> {
  const handle = await open(file);
  const start = Buffer.alloc(6);
  await handle.read(start, 0, start.length, 0).finally(() => handle.close());
  const begins = (hex: string) => start.toString('hex').startsWith(hex);
  if (begins('1f8b')) return [createGunzip()];
  if (begins('28b52ffd')) return [createZstdDecompress()];
  if (begins('425a68') || begins('fd377a585a')) {
    throw new TarballError({ tarball: shown, reason: 'only .tar, .tar.gz and .tar.zst can be read' });
  }
  return [];
}

type Kind = 'file' | 'directory' | 'link';

interface Unpacking {
  readonly shown: string;
  readonly folder: string;
  readonly limits: TarballLimits;
}

/** Writes all but the symbolic links, with which it answers. It does not end, well or ill, before nothing is written any more. */
async function writeEntries(
  streams: readonly [Readable, ...Transform[]],
  { shown, folder, limits }: Unpacking,
): Promise<Map<string, string>> {
  const kinds = new Map<string, Kind>();
  const links = new Map<string, string>();
  const failed = new AbortController();
  let count = 0;
  let writing = Promise.resolve();
  const write = async (header: Header, content: Content) => {
    count += 1;
    if (count > limits.entries) {
      throw new TarballTooBigError({ tarball: shown, reason: `holds more than ${limits.entries} entries` });
    }
    const refuse = (reason: string): never => {
      throw new TarballError({ tarball: shown, reason: `${reason}: '${header.name}'` });
    };
    const path = safePath(header.name, refuse);
    if (path === '') return void content.resume();
    return await writeEntry(header, content, { path, folder, kinds, links, refuse, signal: failed.signal });
  };
  const entries = extract();
  entries.on('entry', (header, content, next) => {
    writing = tell(next, write(header, content));
  });
  try {
    await pipeline([...streams, entries]);
  } catch (error) {
    failed.abort(error);
    throw error;
  } finally {
    await writing;
  }
  return links;
}

/** Lets the tarball go on to its next entry, or end with what went wrong at this one. */
async function tell(next: ExtractEvents['entry'][2], written: Promise<void>): Promise<void> {
  const fault = await written.then(
    () => null,
    (error: unknown) => error,
  );
  next(fault === null ? null : (fault as Error));
}

type Content = ExtractEvents['entry'][1];

interface Writing {
  readonly path: string;
  readonly folder: string;
  readonly kinds: Map<string, Kind>;
  readonly links: Map<string, string>;
  readonly refuse: (reason: string) => never;
  readonly signal: AbortSignal;
}

async function writeEntry(header: Header, content: Content, writing: Writing): Promise<void> {
  const { path, folder, kinds, links, refuse, signal } = writing;
  const kind = kindOf(header, refuse);
  claim(path, kind, writing);
  const place = join(folder, path);
  if (kind === 'directory') await mkdir(place, { recursive: true });
  else await mkdir(dirname(place), { recursive: true });
  if (header.type === 'link') {
    const original = safePath(header.linkname ?? '', refuse);
    if (kinds.get(original) !== 'file')
      refuse(`a hard link leads to '${header.linkname}', which is no file before it`);
    if (original !== path) await replaceWith(place, () => link(join(folder, original), place));
  } else if (kind === 'file') {
    const mode = ((header.mode ?? 0) & 0o100) === 0 ? 0o644 : 0o755;
    await replaceWith(place, () =>
      pipeline(content, createWriteStream(place, { mode, flags: 'wx' }), { signal }),
    );
    return;
  } else if (kind === 'link') links.set(path, header.linkname ?? '');
  content.resume();
}

/** What comes later in a tarball takes the place of what came before, and never the place of what that is linked with. */
async function replaceWith(place: string, write: () => Promise<void>): Promise<void> {
  await rm(place, { force: true });
  await write();
}

function kindOf({ type }: Header, refuse: Writing['refuse']): Kind {
  switch (type) {
    case 'file':
    case 'contiguous-file':
    case 'link':
      return 'file';
    case 'directory':
      return 'directory';
    case 'symlink':
      return 'link';
    default:
      return refuse(`there is a ${type ?? 'thing of unknown kind'} in it`);
  }
}

/** Marks what is at a path and that all above it are directories. */
function claim(path: string, kind: Kind, { kinds, refuse }: Writing): void {
  const names = path.split('/');
  for (let depth = 1; depth <= names.length; depth++) {
    const at = names.slice(0, depth).join('/');
    const is = depth === names.length ? kind : 'directory';
    const before = kinds.get(at) ?? is;
    if (before !== is) refuse(`'${at}' is there as a ${before} and as a ${is}`);
    kinds.set(at, is);
  }
}

const mostNameLength = 4096; // Linux has no longer paths

/** A name without `.` and empty parts; '' for the root itself. */
function safePath(name: string, refuse: Writing['refuse']): string {
  if (name.startsWith('/') || name.includes('\0')) refuse('an entry does not lie in it');
  if (name.length > mostNameLength) refuse('the name of an entry is too long');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) refuse('an entry climbs out of it');
  return parts.join('/');
}

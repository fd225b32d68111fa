import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, open, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Extract, Header } from 'tar-stream';
import { SuiteSourceError } from '../../core/ports/suite-source.ts';
import { TarballError, TarballTooBigError } from './source-errors.ts';
import { limitBytes } from './tarball-limits.ts';
import type { TarballLimits } from './tarball-limits.ts';

/**
 * Unpacks a `.tar`, `.tar.gz` or `.tar.zst`, told by its first bytes, into an empty folder. Nothing is written outside of it: names
 * that climb, start at the root or lead through a link are refused, as are devices; hard links become copies.
 */
export async function unpackTarball(params: {
  file: string;
  shown: string;
  folder: string;
  limits: TarballLimits;
}): Promise<void> {
  const { file, shown, folder, limits } = params;
  try {
    const unpacked = limitBytes({ most: limits.unpackedBytes, tarball: shown, verb: 'unpacks to' });
    const entries = extract();
    const unpackers = await unpackersFor(file, shown);
    const reading = pipeline([createReadStream(file), ...unpackers, unpacked, entries]);
    const writing = writeEntries(entries, { shown, folder, limits });
    // Both are waited for: whoever clears up after a failure must not meet a writer that is still at work.
    const ends = await Promise.allSettled([writing, reading]);
    const faults = ends.filter((end) => end.status === 'rejected').map(({ reason }): unknown => reason);
    if (faults.length > 0) throw faults.find((fault) => fault instanceof SuiteSourceError) ?? faults[0];
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

type Entry = Extract extends AsyncIterable<infer T> ? T : never;

interface Unpacking {
  readonly shown: string;
  readonly folder: string;
  readonly limits: TarballLimits;
}

async function writeEntries(entries: Extract, unpacking: Unpacking): Promise<void> {
  const { shown, folder, limits } = unpacking;
  const kinds = new Map<string, Kind>();
  const links = new Map<string, string>();
  let count = 0;
  for await (const entry of entries) {
    count += 1;
    if (count > limits.entries) {
      throw new TarballTooBigError({ tarball: shown, reason: `holds more than ${limits.entries} entries` });
    }
    const refuse = (reason: string): never => {
      throw new TarballError({ tarball: shown, reason: `${reason}: '${entry.header.name}'` });
    };
    const path = safePath(entry.header.name, refuse);
    if (path === '') entry.resume();
    else await writeEntry(entry, { path, folder, kinds, links, refuse });
  }
  // Links come last, so that nothing is ever written through one.
  for (const [path, target] of links) await symlink(target, join(folder, path));
}

interface Writing {
  readonly path: string;
  readonly folder: string;
  readonly kinds: Map<string, Kind>;
  readonly links: Map<string, string>;
  readonly refuse: (reason: string) => never;
}

async function writeEntry(entry: Entry, writing: Writing): Promise<void> {
  const { path, folder, kinds, links, refuse } = writing;
  const { header } = entry;
  const kind = kindOf(header, refuse);
  claim(path, kind, writing);
  const place = join(folder, path);
  if (kind === 'directory') await mkdir(place, { recursive: true });
  else await mkdir(dirname(place), { recursive: true });
  if (header.type === 'link') {
    const original = safePath(header.linkname ?? '', refuse);
    if (kinds.get(original) !== 'file') refuse(`a hard link leads to '${header.linkname}', which is no file before it`);
    if (original !== path) await copyFile(join(folder, original), place);
  } else if (kind === 'file') {
    await rm(place, { force: true }); // What comes later in a tarball takes the place of what came before.
    const mode = ((header.mode ?? 0) & 0o100) === 0 ? 0o644 : 0o755;
    await pipeline(entry, createWriteStream(place, { mode, flags: 'wx' }));
    return;
  } else if (kind === 'link') links.set(path, header.linkname ?? '');
  entry.resume();
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

/** A name without `.` and empty parts; '' for the root itself. */
function safePath(name: string, refuse: Writing['refuse']): string {
  if (name.startsWith('/') || name.includes('\0')) refuse('an entry does not lie in it');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) refuse('an entry climbs out of it');
  return parts.join('/');
}

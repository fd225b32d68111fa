import { lstatSync, readFileSync, readdirSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join, resolve } from 'node:path';
import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { SuiteSource } from '../../core/ports/suite-source.ts';
import { strictText } from './strict-text.ts';

type Kind = ReturnType<SuiteSource['stat']>;

/**
 * The suites in a directory of this machine. Links are followed by the system, so they may lead out of the directory. Everything is
 * read when it is first asked for, once: an expansion touches only its own suite, and later changes on disk are not seen.
 */
export function directorySource(directory: string): SuiteSource {
  const origin = resolve(directory);
  const kinds = new Map<string, Kind>();
  const lists = new Map<string, readonly string[]>();
  const texts = new Map<string, string>();
  const list = (path: string): readonly string[] => {
    const entries = readdirSync(join(origin, path), { withFileTypes: true });
    for (const entry of entries) {
      const kind = plainKind(entry);
      if (kind !== null) kinds.set(path === '' ? entry.name : `${path}/${entry.name}`, kind);
    }
    return entries.map((entry) => entry.name).sort(compareCodePoints);
  };
  return {
    origin,
    sha1: null,
    id: null,
    stat: (path) => remember(kinds, path, () => followedKind(join(origin, path))),
    list: (path) => remember(lists, path, () => list(path)),
    read: (path) => remember(texts, path, () => strictText(readFileSync(join(origin, path)))),
  };
}

function remember<T>(known: Map<string, T>, path: string, find: () => T): T {
  const before = known.get(path);
  if (before !== undefined) return before;
  const found = find();
  known.set(path, found);
  return found;
}

/** What a directory entry is if it can be told without following a link. */
function plainKind(entry: Dirent): Kind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : null;
}

/** Anything that can be opened and is no directory counts as a file, devices included. */
function followedKind(path: string): Kind {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'file';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ELOOP') return 'broken';
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    return isLink(path) ? 'broken' : null;
  }
}

/** A path below a file is nothing at all, not even a link. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

import { open, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { mungePath } from '../../runner/remote/munge-path.ts';
import type { FetchedFile } from './fetch-counters.ts';

/** A notes file of the compiler (.gcno): what the numbers of a counters file (.gcda) stand for. */
interface Note {
  readonly file: string;
  readonly segments: readonly string[]; // of its path without the end, as an archive would name it
  readonly stamp: string;
}

/** Notes, by the name of the object. */
export type Notes = ReadonlyMap<string, readonly Note[]>;

/** Why a counters file cannot be read, or where its notes are. */
export type FoundNote =
  | { readonly kind: 'found'; readonly file: string }
  | { readonly kind: 'none' | 'of another build' };

/** The notes below folders of builds, and those that jobs left in the archive. */
export async function findNotes(builds: readonly string[], archived: readonly FetchedFile[]): Promise<Notes> {
  const below = await Promise.all(
    builds.map(async (build) => {
      const files = await readdir(build, { recursive: true, withFileTypes: true });
      return files
        .filter((entry) => entry.isFile() && entry.name.endsWith('.gcno'))
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => ({ copy: file, path: relative(build, file) }));
    }),
  );
  const notes = new Map<string, Note[]>();
  for (const { copy, path } of [...archived, ...below.flat()]) {
    const segments = segmentsOf(path);
    const name = segments.at(-1) ?? '';
    const note = { file: copy, segments, stamp: await stampOf(copy) };
    notes.set(name, [...(notes.get(name) ?? []), note]);
  }
  return notes;
}

/** The notes that a counters file was made with: those of the same compilation, and of several the one whose path is most alike. */
export async function noteOf(counters: FetchedFile, notes: Notes): Promise<FoundNote> {
  const segments = segmentsOf(counters.path);
  const named = notes.get(segments.at(-1) ?? '') ?? [];
  if (named.length === 0) return { kind: 'none' };
  const stamp = await stampOf(counters.copy);
  const ranked = named
    .filter((note) => note.stamp === stamp)
    .map((note) => ({ file: note.file, alike: commonEnd(note.segments, segments) }))
    .toSorted((a, b) => b.alike - a.alike);
  const best = ranked[0];
  return best === undefined ? { kind: 'of another build' } : { kind: 'found', file: best.file };
}

function segmentsOf(path: string): string[] {
  return mungePath(path.replace(/\.gc(da|no)$/, '')).split('/');
}

function commonEnd(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && a.at(-1 - length) === b.at(-1 - length)) length += 1;
  return length;
}

/** The version of the compiler and the stamp of the compilation: both kinds of files have them after four bytes that tell the kind. */
async function stampOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(12), 0, 12, 0);
    return buffer.subarray(4, bytesRead).toString('hex');
  } finally {
    await handle.close();
  }
}

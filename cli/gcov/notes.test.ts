import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findNotes, noteOf } from './notes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-notes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file with the twelve bytes that are looked at. */
function write(path: string, kind: 'oncg' | 'adcg', stamp: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${kind}B21*${stamp}`);
  return file;
}

test('counters belong to the notes of the same compilation whose path is most alike', async () => {
  const osd = write('build/osd/.libs/main.gcno', 'oncg', '0001');
  write('build/mon/_libs/main.gcno', 'oncg', '0001');
  write('build/osd/main.gcno', 'oncg', '0002');
  const notes = await findNotes([join(folder, 'build')], []);
  const counters = (path: string, stamp: string) =>
    noteOf({ path, copy: write(`archive/${path}`, 'adcg', stamp) }, notes);
  // As an archive has it, which takes no names that begin with a dot.
  expect(await counters('h/coverage/root/b/osd/_libs/main.gcda', '0001')).toEqual({
    kind: 'found',
    file: osd,
  });
  expect(await counters('h/coverage/root/b/osd/main.gcda', '0003')).toEqual({ kind: 'of another build' });
  expect(await counters('h/coverage/root/b/osd/other.gcda', '0001')).toEqual({ kind: 'none' });
});

test('notes that a job left beside its counters count, too', async () => {
  const path = 'h/coverage/b/main.gcno';
  const copy = write(path, 'oncg', '0001');
  const counters = { path: 'h/coverage/root/b/main.gcda', copy: write('x.gcda', 'adcg', '0001') };
  expect(await noteOf(counters, await findNotes([], [{ path, copy }]))).toEqual({
    kind: 'found',
    file: copy,
  });
});

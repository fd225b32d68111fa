import { isAbsolute, join, normalize } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { archivePath } from '../../core/ports/archive.ts';
import { mungePath } from './munge-path.ts';

describe('a path from a host', () => {
  test.each([
    ['./a/b', 'a/b'],
    ['../x', '_./x'],
    ['.hidden/f', '_hidden/f'],
    ['a//b', 'a/b'],
    ['/abs', 'abs'],
    ['', '_'],
    ['./.', '_'],
    ['a\\..\\b', 'a_.._b'],
  ])('%j becomes %j', (path, munged) => {
    expect(mungePath(path)).toBe(munged);
  });

  test('never leaves the folder it is written to, and every archive takes it', () => {
    const segment = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('..', '.', '', '...', '\\', '\0'),
    );
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const munged = mungePath(segments.join('/'));
        expect(isAbsolute(munged)).toBe(false);
        expect(normalize(join('/root', munged))).toBe(`/root/${munged}`);
        expect(archivePath(munged)).toBe(munged);
      }),
    );
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planSuite } from '../../core/suites/plan.ts';
import { directorySource } from './directory-source.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-source-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text = ''): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}
function link(path: string, target: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  symlinkSync(target, join(folder, path));
}

describe('a directory source', () => {
  test('tells files, directories, dangling links and nothing apart, asked or listed first', () => {
    write('suites/s/a.yaml', 'a: 1\n');
    link('suites/s/link.yaml', 'a.yaml');
    link('suites/s/dir', '../s');
    link('suites/s/gone.yaml', 'nowhere.yaml');
    link('suites/s/self', 'self');
    for (const listFirst of [false, true]) {
      const source = directorySource(folder);
      if (listFirst) source.list('suites/s');
      const kinds = [
        '',
        '/a.yaml',
        '/link.yaml',
        '/dir',
        '/gone.yaml',
        '/self',
        '/none',
        '/a.yaml/below',
      ].map((path) => source.stat(`suites/s${path}`));
      expect(kinds).toEqual(['directory', 'file', 'file', 'directory', 'broken', 'broken', null, null]);
    }
  });

  test('lists names in code-point order, hidden ones too', () => {
    for (const name of ['b', 'a', '.qa', 'Z', '%', '10', '9', '\uffee', '\u{1f40d}']) write(name);
    expect(directorySource(folder).list('')).toEqual([
      '%',
      '.qa',
      '10',
      '9',
      'Z',
      'a',
      'b',
      '\uffee',
      '\u{1f40d}',
    ]);
  });

  test('reads text as it is, follows links out of the directory, and refuses what is not UTF-8', () => {
    const outside = mkdtempSync(join(tmpdir(), 'loligo-outside-'));
    writeFileSync(join(outside, 'x.yaml'), '\ufeffé: 1\r\n');
    link('suites/s/x.yaml', join(outside, 'x.yaml'));
    writeFileSync(join(folder, 'latin1.yaml'), Buffer.from([0x61, 0xe9, 0x0a]));
    const source = directorySource(folder);
    expect(source.read('suites/s/x.yaml')).toBe('\ufeffé: 1\r\n');
    expect(() => source.read('latin1.yaml')).toThrow(TypeError);
    rmSync(outside, { recursive: true });
  });

  test('gives the same answer again after the disk has changed', () => {
    write('a.yaml', 'one');
    const source = directorySource(folder);
    expect([source.read('a.yaml'), source.list('')]).toEqual(['one', ['a.yaml']]);
    write('a.yaml', 'two');
    write('b.yaml');
    expect([source.read('a.yaml'), source.list('')]).toEqual(['one', ['a.yaml']]);
  });

  test('a link to a directory above ends in an error, not in an endless walk', () => {
    write('suites/s/a/x.yaml');
    link('suites/s/a/up', '..');
    const source = directorySource(folder);
    expect(() => planSuite({ source, suite: 's', seed: 0, subset: null, noNestedSubset: false })).toThrow(
      /(a\/up\/){30}.*link that leads nowhere/,
    );
  });
});

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkOut, pruneCheckouts } from './checkouts.ts';

let cacheFolder: string;
beforeEach(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), 'loligo-checkouts-'));
});
afterEach(() => rmSync(cacheFolder, { recursive: true, force: true }));

const make = async (id: string, bytes = 10) =>
  await checkOut({
    cacheFolder,
    id,
    fill: async (folder) => writeFileSync(join(folder, 'file'), 'x'.repeat(bytes)),
  });
const ids = () => readdirSync(join(cacheFolder, 'checkouts')).sort();
const usedHoursAgo = (id: string, hours: number) => {
  const at = new Date(Date.now() - hours * 3_600_000);
  utimesSync(join(cacheFolder, 'checkouts', id), at, at);
};

describe('a checkout', () => {
  test('is filled once by whoever asks at once, and read-only', async () => {
    let fills = 0;
    let arrived: (() => void) | null = null;
    const bothAreIn = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const ask = async (text: string) =>
      await checkOut({
        cacheFolder,
        id: 'abc',
        fill: async (folder) => {
          fills += 1;
          if (fills === 2) arrived?.();
          await bothAreIn;
          mkdirSync(join(folder, 'tasks'));
          writeFileSync(join(folder, 'tasks/a.ts'), text);
        },
      });
    const [first, second] = await Promise.all([ask('same'), ask('same')]);
    expect([first, ids()]).toEqual([second, ['abc']]);
    expect(await ask('never')).toBe(first);
    expect([fills, readFileSync(join(first, 'tasks/a.ts'), 'utf8')]).toEqual([2, 'same']);
    expect([statSync(join(first, 'tasks/a.ts')).mode & 0o777, statSync(first).mode & 0o777]).toEqual([
      0o444, 0o755,
    ]);
  });

  test('that cannot be filled leaves nothing, and may be tried again', async () => {
    const fill = async (folder: string) => {
      writeFileSync(join(folder, 'half'), '');
      throw new Error('no more');
    };
    await expect(checkOut({ cacheFolder, id: 'abc', fill })).rejects.toThrow('no more');
    expect(ids()).toEqual([]);
    expect(readdirSync(await make('abc'))).toEqual(['file']);
  });
});

describe('pruning checkouts', () => {
  const limits = { most: 2, mostBytes: 1_000_000, idleMs: 3_600_000, keep: new Set<string>() };

  test('removes those used longest ago, but none in use', async () => {
    for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      await make(id);
      usedHoursAgo(id, 10 - index);
    }
    await make('a');
    expect(await pruneCheckouts(cacheFolder, { ...limits, keep: new Set(['c']) })).toEqual(['d', 'b']);
    expect(ids()).toEqual(['a', 'c', 'e']);
    expect(await pruneCheckouts(cacheFolder, { ...limits, most: 0 })).toEqual(['e', 'c']);
    expect(ids()).toEqual(['a']);
  });

  test('keeps to a size', async () => {
    for (const [id, bytes, hours] of [
      ['new', 600, 2],
      ['large', 600, 3],
      ['small', 300, 4],
    ] as const) {
      await make(id, bytes);
      usedHoursAgo(id, hours);
    }
    expect(await pruneCheckouts(cacheFolder, { ...limits, most: 9, mostBytes: 1000 })).toEqual(['large']);
    expect(ids()).toEqual(['new', 'small']);
  });

  test('clears up after processes that were killed, and has nothing to do without a cache', async () => {
    await make('a');
    for (const [name, hours] of [
      ['.scratch-old', 25],
      ['.scratch-new', 1],
    ] as const) {
      mkdirSync(join(cacheFolder, 'checkouts', name));
      usedHoursAgo(name, hours);
    }
    expect(await pruneCheckouts(cacheFolder, limits)).toEqual([]);
    expect(ids()).toEqual(['.scratch-new', 'a']);
    expect(await pruneCheckouts(join(cacheFolder, 'none'), limits)).toEqual([]);
    expect(existsSync(join(cacheFolder, 'none'))).toBe(false);
  });
});

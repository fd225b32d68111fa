import { describe, expect, test } from 'vitest';
import { archivePath, ArchivePathError } from '../../core/ports/archive.ts';
import type { Archive } from '../../core/ports/archive.ts';
import { jobArchive } from './archive-folder.ts';
import { parseSize } from './pull-remote.ts';

/** A fake archive in memory. */
function fakeArchive(): { archive: Archive; files: Map<string, string> } {
  const files = new Map<string, string>();
  const archive: Archive = {
    append: async (path, bytes) =>
      void files.set(path, (files.get(path) ?? '') + Buffer.from(bytes).toString()),
    put: async (path, content) => {
      const parts: Uint8Array[] = [];
      if (content instanceof Uint8Array) parts.push(content);
      else for await (const part of content) parts.push(part);
      files.set(path, Buffer.concat(parts).toString());
    },
    read: async () => null,
    list: async () => [],
    url: (path) => `http://lab/${archivePath(path)}`,
  };
  return { archive, files };
}

describe("a job's folder in the archive", () => {
  test('puts and appends below its prefix', async () => {
    const { archive, files } = fakeArchive();
    const folder = jobArchive({ archive, prefix: 'run/7' });
    await folder.put('a/b', 'text');
    await folder.append('log', 'one ');
    await folder.append('log', Buffer.from('two'));
    expect([...files]).toEqual([
      ['run/7/a/b', 'text'],
      ['run/7/log', 'one two'],
    ]);
    expect(folder.url('log')).toBe('http://lab/run/7/log');
    expect(folder.location).toBe('http://lab/run/7');
  });

  test('cannot be left', () => {
    const folder = jobArchive({ archive: fakeArchive().archive, prefix: 'run/7' });
    expect(() => folder.put('../8/summary.yaml', 'x')).toThrow(ArchivePathError);
    expect(() => folder.put('/etc/passwd', 'x')).toThrow(ArchivePathError);
  });

  test('a job without a prefix has the whole archive', async () => {
    const { archive, files } = fakeArchive();
    await jobArchive({ archive, prefix: '' }).put('pid', '1');
    expect([...files.keys()]).toEqual(['pid']);
  });
});

describe('sizes', () => {
  test.each([
    ['128MB', 128_000_000],
    ['256GB', 256_000_000_000],
    ['4096', 4096],
    ['1.5 GiB', 1_610_612_736],
    ['10k', 10_000],
    ['0', 0],
  ])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(['', 'much', '12 parsecs', '-1'])("'%s' is no size", (text) =>
    expect(parseSize(text)).toBeNull(),
  );
});

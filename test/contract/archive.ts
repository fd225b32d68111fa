import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ArchivePathError } from '../../core/ports/archive.ts';
import type { Archive, ByteRange } from '../../core/ports/archive.ts';

export interface ArchiveUnderTest {
  readonly archive: Archive;
  readonly unserved: Archive; // the same, served nowhere
  readonly close: () => Promise<void>;
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** What every archive must do. `setup` gives an empty one, served at `https://lab.example/archive/`. */
export function describeArchive(params: { name: string; setup: () => Promise<ArchiveUnderTest> }): void {
  describe(`archive: ${params.name}`, () => {
    let subject: ArchiveUnderTest;
    beforeEach(async () => {
      subject = await params.setup();
    });
    afterEach(async () => subject.close());
    contentCases(() => subject.archive);
    pathCases(() => subject);
  });
}

async function textOf(archive: Archive, path: string, range?: ByteRange): Promise<string | null> {
  const file = await archive.read(path, range);
  if (file === null) return null;
  const parts: Uint8Array[] = [];
  for await (const part of file.content) parts.push(part);
  return Buffer.concat(parts).toString();
}

function contentCases(get: () => Archive): void {
  test('appended bytes are there when append resolves, in order, and folders come by themselves', async () => {
    const archive = get();
    await archive.append('run/1/teuthology.log', bytes('one\n'));
    expect(await textOf(archive, 'run/1/teuthology.log')).toBe('one\n');
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => archive.append('run/1/teuthology.log', bytes(`${i}\n`))),
    );
    const expected = ['one', ...Array.from({ length: 50 }, (_, i) => `${i}`)].join('\n');
    expect(await textOf(archive, 'run/1/teuthology.log')).toBe(`${expected}\n`);
  });

  test('put replaces a whole file, from bytes or a stream', async () => {
    const archive = get();
    await archive.put('run/summary.yaml', bytes('success: false\n'));
    await archive.put(
      'run/summary.yaml',
      (async function* () {
        yield bytes('success: ');
        await sleep(1);
        yield bytes('true\n');
      })(),
    );
    expect(await textOf(archive, 'run/summary.yaml')).toBe('success: true\n');
    await archive.append('run/summary.yaml', bytes('more\n'));
    expect(await textOf(archive, 'run/summary.yaml')).toBe('success: true\nmore\n');
  });

  test('a put that fails half-way leaves the old content and nothing else', async () => {
    const archive = get();
    await archive.put('run/file', bytes('old'));
    const broken = (async function* () {
      yield bytes('new');
      throw new Error('the connection was lost');
    })();
    await expect(archive.put('run/file', broken)).rejects.toThrow('the connection was lost');
    expect(await textOf(archive, 'run/file')).toBe('old');
    expect((await archive.list('run')).map((entry) => entry.name)).toEqual(['file']);
  });

  test('a reader never sees part of a put', async () => {
    const archive = get();
    const contents = ['a', 'b'].map((letter) => letter.repeat(200_000));
    await archive.put('file', bytes(contents[0] ?? ''));
    const over = new AbortController();
    const writing = (async () => {
      for (let i = 0; i < 30; i++) await archive.put('file', bytes(contents[i % 2] ?? ''));
      over.abort();
    })();
    const seen = new Set<string | null>();
    while (!over.signal.aborted) {
      seen.add(await textOf(archive, 'file'));
      expect((await archive.list('')).map((entry) => entry.name)).toEqual(['file']);
    }
    await writing;
    for (const content of seen) expect(contents).toContain(content);
  });

  test.each<[ByteRange, string]>([
    [{ start: 0, end: 3 }, '012'],
    [{ start: 7, end: null }, '789'],
    [{ start: 3, end: 100 }, '3456789'],
    [{ start: 5, end: 5 }, ''],
    [{ start: 20, end: null }, ''],
  ])('reads the range %o', async (range, expected) => {
    const archive = get();
    await archive.put('digits', bytes('0123456789'));
    expect(await textOf(archive, 'digits', range)).toBe(expected);
    expect((await archive.read('digits', range))?.size).toBe(10);
  });

  test('what does not exist, and a folder, cannot be read', async () => {
    const archive = get();
    await archive.put('run/1/file', bytes('x'));
    expect(await archive.read('nothing')).toBeNull();
    expect(await archive.read('run/1')).toBeNull();
    expect(await archive.read('run/1/file/below')).toBeNull();
  });

  test('lists a folder in code-point order', async () => {
    const archive = get();
    for (const name of ['b', 'B', 'é', '10', '9', '\u{1F419}', '\uFF5E'])
      await archive.put(`run/${name}`, bytes('xyz'));
    await archive.put('run/folder/file', bytes('x'));
    const entries = await archive.list('run');
    expect(entries.map((entry) => entry.name)).toEqual([
      '10',
      '9',
      'B',
      'b',
      'folder',
      'é',
      '\uFF5E',
      '\u{1F419}',
    ]);
    expect(entries.find((entry) => entry.name === 'b')).toMatchObject({ kind: 'file', size: 3 });
    expect(entries.find((entry) => entry.name === 'folder')).toMatchObject({ kind: 'folder', size: 0 });
    const whole = entries.map((entry) => entry.name);
    const page = async (limit: number, after?: string) =>
      (await archive.list('run', { limit, ...(after !== undefined && { after }) })).map(
        (entry) => entry.name,
      );
    expect(await page(3)).toEqual(whole.slice(0, 3));
    expect(await page(3, whole[2])).toEqual(whole.slice(3, 6));
    expect(await page(99, 'a')).toEqual(whole.slice(3)); // a name that is not there
    expect(await page(3, whole.at(-1))).toEqual([]);
    expect(await archive.list('none')).toEqual([]);
    expect((await archive.list('')).map((entry) => entry.name)).toEqual(['run']);
  });
}

function pathCases(get: () => ArchiveUnderTest): void {
  test.each(['../x', 'a/../../x', '/etc/passwd', 'a\\b', 'a\0b'])(
    'refuses the path %j everywhere',
    async (path) => {
      const { archive } = get();
      await expect(archive.append(path, bytes('x'))).rejects.toThrow(ArchivePathError);
      await expect(archive.put(path, bytes('x'))).rejects.toThrow(ArchivePathError);
      await expect(archive.read(path)).rejects.toThrow(ArchivePathError);
      await expect(archive.list(path)).rejects.toThrow(ArchivePathError);
      expect(() => archive.url(path)).toThrow(ArchivePathError);
    },
  );

  test('the archive itself is no file', async () => {
    const { archive } = get();
    await expect(archive.put('', bytes('x'))).rejects.toThrow(ArchivePathError);
    await expect(archive.append('.', bytes('x'))).rejects.toThrow(ArchivePathError);
  });

  test('URLs are stable, and escape what needs it', () => {
    const { archive, unserved } = get();
    expect(archive.url('run:x/1/a b#c.log')).toBe('https://lab.example/archive/run:x/1/a%20b%23c.log');
    expect(unserved.url('run/1')).toBeNull();
  });
}

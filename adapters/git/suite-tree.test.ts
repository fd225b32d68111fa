import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SuiteSource } from '../../core/ports/suite-source.ts';
import { gitRepository } from '../../test/fixtures/git-repository.ts';
import { describeWith } from '../../test/requirements.ts';
import { directorySource } from './directory-source.ts';
import { bytesOfFile, folderTree } from './folder-tree.ts';
import { openSuiteSource } from './open-suite-source.ts';
import { treeSource } from './suite-tree.ts';

let folder: string;
beforeAll(() => {
  folder = realpathSync.native(mkdtempSync(join(tmpdir(), 'loligo-tree-')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const name = fc.constantFrom('a', 'b', 'c', 'd é "x"');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const target = fc
  .array(fc.oneof({ weight: 3, arbitrary: name }, { weight: 2, arbitrary: fc.constantFrom('..', '.') }), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((names) => fc.constantFrom(names.join('/'), `${names.join('/')}/`, `/${names.join('/')}`));
const node = fc.oneof(
  fc.record({ path, text: fc.string() }),
  fc.record({ path, target }),
  fc.record({ path, text: fc.constant(null) }),
);
type Node = { path: string } & ({ text: string | null } | { target: string });

/** Whether what there is of a path lies in the root: through a link, anything else would be made somewhere on this machine. */
function isInside(root: string, place: string): boolean {
  for (let existing = place; ; existing = join(existing, '..')) {
    try {
      return `${realpathSync.native(existing)}/`.startsWith(`${root}/`);
    } catch {
      if (lstatSync(existing, { throwIfNoEntry: false })?.isSymbolicLink()) return false;
    }
  }
}

/** Builds as much of a tree as fits together; what is in the way of something before it is left out. */
function build(nodes: readonly Node[]): string {
  const root = join(mkdtempSync(join(folder, 'x-')), 'root');
  mkdirSync(root);
  for (const each of nodes) {
    const place = join(root, each.path);
    try {
      const parent = join(place, '..');
      if (!isInside(root, parent)) continue;
      if ('text' in each && each.text === null) {
        if (isInside(root, place)) mkdirSync(place, { recursive: true });
      } else {
        mkdirSync(parent, { recursive: true });
        if ('target' in each) symlinkSync(each.target, place);
        else writeFileSync(place, each.text ?? '', { flag: 'wx' });
      }
    } catch (error) {
      if (!/^(EEXIST|ENOTDIR|ENOENT|ELOOP)$/.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return root;
}

const names = ['a', 'b', 'c', 'd é "x"'];
const two = names.flatMap((first) => [first, ...names.map((second) => `${first}/${second}`)]);
const allPaths = [...new Set(['', ...two, ...two.flatMap((each) => names.map((last) => `${each}/${last}`))])];

/** What a source makes of every path of three parts or fewer. What the system finds outside of the root is to be missed. */
function view(source: SuiteSource, root: string) {
  return allPaths.map((each) => {
    const kind = source.stat(each);
    if (leadsOut(root, each)) return [each, source === oracleOf(root) || kind === null || kind === 'broken'];
    return [each, kind, contentOf(source, each, kind)];
  });
}

function contentOf(source: SuiteSource, each: string, kind: ReturnType<SuiteSource['stat']>) {
  if (kind === 'directory') return source.list(each);
  return kind === 'file' ? source.read(each) : null;
}

const oracles = new Map<string, SuiteSource>();
function oracleOf(root: string): SuiteSource {
  const oracle = oracles.get(root) ?? directorySource(root);
  oracles.set(root, oracle);
  return oracle;
}
const expected = (root: string) => view(oracleOf(root), root);

/** True when the system would leave the root on its way, whether it finds something there or not. */
function leadsOut(root: string, each: string): boolean {
  try {
    statSync(join(root, each));
    return !`${realpathSync.native(join(root, each))}/`.startsWith(`${root}/`);
  } catch {
    return false;
  }
}

/** Everything below a folder as it is, links not followed. */
function onDisk(at: string): unknown[] {
  return readdirSync(at, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => {
      const place = join(at, entry.name);
      if (entry.isSymbolicLink()) return [entry.name, 'link', readlinkSync(place)];
      return [entry.name, entry.isDirectory() ? onDisk(place) : readFileSync(place, 'utf8')];
    });
}

/** git knows no empty directories. */
function removeEmpty(at: string): void {
  for (const entry of readdirSync(at)) {
    if (lstatSync(join(at, entry)).isDirectory()) removeEmpty(join(at, entry));
  }
  if (readdirSync(at).length === 0) rmSync(at, { recursive: true });
}

const trees = fc.array(node, { minLength: 1, maxLength: 14 });

describeWith(['git'], 'a tree with links', () => {
  test('in memory is what the system makes of it on disk, but for what lies outside', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (nodes) => {
        const root = build(nodes);
        const tree = { root: await folderTree(root), relpath: '', bytesOf: bytesOfFile };
        const source = treeSource({ ...tree, origin: root, sha1: null, id: 'x' });
        expect(view(source, root)).toEqual(expected(root));
      }),
      { numRuns: 300 },
    );
  });

  test('in a repository is what it is on disk', async () => {
    const { folder: repository, git } = gitRepository(join(folder, 'repository'));
    await fc.assert(
      fc.asyncProperty(trees, async (nodes) => {
        const root = build(nodes);
        removeEmpty(root);
        mkdirSync(root, { recursive: true });
        git(`--work-tree=${root}`, 'add', '--all', '--force');
        git(`--work-tree=${root}`, 'commit', '--quiet', '--allow-empty', '-m', 'A tree');
        const place = { location: repository, ref: 'main', relpath: '', cacheFolder: join(folder, 'cache') };
        const { source, suitePath } = await openSuiteSource(place);
        expect(view(source, root)).toEqual(expected(root));
        expect(onDisk(await suitePath())).toEqual(onDisk(root));
      }),
      { numRuns: 15 },
    );
  });

  test('in a tarball is what it is on disk', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(trees, fc.constantFrom('tar', 'tar.gz', 'tar.zst'), async (nodes, ending) => {
        const root = build(nodes);
        const location = join(folder, `${count++}.${ending}`);
        const tar = execFileSync('tar', ['--create', '--file=-', `--directory=${root}`, '.']);
        const pack = { tar: (bytes: Buffer) => bytes, 'tar.gz': gzipSync, 'tar.zst': zstdCompressSync }[
          ending
        ];
        writeFileSync(location, pack(tar));
        const opened = await openSuiteSource({
          location,
          ref: null,
          relpath: '',
          cacheFolder: join(folder, 'cache'),
        });
        expect(view(opened.source, root)).toEqual(expected(root));
      }),
      { numRuns: 20 },
    );
  });

  test('is followed for 40 links and no further, as Linux does', async () => {
    const root = join(folder, 'chain');
    mkdirSync(root);
    writeFileSync(join(root, '0'), 'end');
    for (let i = 1; i <= 41; i++) symlinkSync(String(i - 1), join(root, String(i)));
    const tree = { root: await folderTree(root), relpath: '', bytesOf: bytesOfFile };
    const source = treeSource({ ...tree, origin: root, sha1: null, id: 'x' });
    expect([source.stat('40'), source.stat('41')]).toEqual(['file', 'broken']);
    expect([directorySource(root).stat('40'), directorySource(root).stat('41')]).toEqual(['file', 'broken']);
  });
});

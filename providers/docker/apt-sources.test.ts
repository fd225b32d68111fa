import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NoMirrorError, findMirror, parseDeb822, parseOneLine, readAptSources } from './apt-sources.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'loligo-apt-'));
  await put('etc/os-release', 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

test('one-line sources are read without options, comments and source archives', () => {
  const text = [
    '# deb http://old.example/debian bookworm main',
    'deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib # ours',
    'deb-src http://mirror.example/debian bookworm main',
    'deb http://third.example/ ./',
    '',
  ].join('\n');
  expect(parseOneLine(text)).toEqual([
    { uri: 'http://mirror.example/debian', suites: ['bookworm'], components: ['main', 'contrib'] },
    { uri: 'http://third.example/', suites: ['./'], components: [] },
  ]);
});

test('deb822 paragraphs are read with several values, continued lines and comments', () => {
  const text = `Types: deb deb-src
# a comment
URIs: http://one.example/debian
 http://two.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;
  expect(parseDeb822(text).map(({ uri, suites }) => [uri, suites])).toEqual([
    ['http://one.example/debian', ['bookworm', 'bookworm-updates']],
    ['http://two.example/debian', ['bookworm', 'bookworm-updates']],
  ]);
});

test('the mirror of this release is found among third-party sources, with its security archive', async () => {
  await put('etc/apt/sources.list.d/a.list', 'deb https://third.example/apt tools-bookworm main\n');
  await put(
    'etc/apt/sources.list.d/b.sources',
    'Types: deb\nURIs: http://m.example/debian\nSuites: bookworm bookworm-updates\nComponents: main contrib\n',
  );
  await put(
    'etc/apt/sources.list.d/c.sources',
    'Types: deb\nURIs: http://s.example/security\nSuites: bookworm-security\nComponents: main\n',
  );
  await put('etc/apt/sources.list.d/d.save', 'deb http://ignored.example/debian bookworm main\n');
  expect(await readAptSources(root)).toHaveLength(3);
  const expected = {
    uri: 'http://m.example/debian',
    components: ['main', 'contrib'],
    securityUri: 'http://s.example/security',
  };
  expect(await findMirror({ osType: 'debian', osVersion: '12' }, root)).toEqual({
    codename: 'bookworm',
    ...expected,
  });
  expect(await findMirror({ osType: 'debian', osVersion: '11' }, root)).toEqual({
    codename: 'bullseye',
    ...expected,
  });
});

test('a list of mirrors stands for its first one', async () => {
  await put('etc/apt/sources.list', 'deb mirror+file:///etc/apt/mirrors/debian.list bookworm main\n');
  await put(
    'etc/apt/mirrors/debian.list',
    '# nearest first\nhttp://near.example/debian priority:1\nhttp://far.example/debian\n',
  );
  const mirror = await findMirror({ osType: 'debian', osVersion: '12' }, root);
  expect(mirror).toMatchObject({ uri: 'http://near.example/debian', securityUri: null });
});

test.each([
  [{ osType: 'ubuntu', osVersion: '22.04' }, 'ubuntu 22.04 is known: this machine is debian 12'],
  [{ osType: 'debian', osVersion: '99' }, 'debian 99 is not known'],
  [{ osType: 'debian', osVersion: '12' }, 'no source for bookworm'],
])('%j without a mirror is refused', async (os, words) => {
  await expect(findMirror(os, root)).rejects.toThrow(NoMirrorError);
  await expect(findMirror(os, root)).rejects.toThrow(words);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseLocation } from './location.ts';
import { LocationError } from './source-errors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-location-'));
  writeFileSync(join(folder, 'x.tar.gz'), '');
  mkdirSync(join(folder, 'bare/objects'), { recursive: true });
  writeFileSync(join(folder, 'bare/HEAD'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a location', () => {
  test.each([
    ['https://github.com/ceph/ceph.git', 'repository'],
    ['https://github.com/ceph/ceph', 'repository'],
    ['https://github.com/ceph/ceph/archive/v1.tar.gz?token=x', 'tarball url'],
    ['git+https://example.org/odd.tar.gz', 'repository'],
    ['tar+https://api.github.com/repos/ceph/ceph/tarball/main', 'tarball url'],
    ['ssh://git@example.org:29418/ceph', 'repository'],
    ['git+ssh://git@example.org/ceph', 'repository'],
    ['git@github.com:ceph/ceph.git', 'repository'],
    ['github.com:ceph/ceph', 'repository'],
    ['git://example.org/ceph', 'repository'],
    ['file:///srv/ceph', 'repository'],
    ['file:///srv/ceph.tar.zst', 'tarball file'],
    ['s3://bucket/a/b.tar', 'tarball url'],
  ])('%s is a %s', (text, kind) => {
    expect(parseLocation(text, null).kind).toBe(kind);
  });

  test('on this machine is told by what lies there', () => {
    const kinds = ['', 'x.tar.gz', 'bare'].map((name) => parseLocation(join(folder, name), null).kind);
    expect(kinds).toEqual(['directory', 'tarball file', 'repository']);
    expect(parseLocation(folder, 'main')).toEqual({ kind: 'repository', url: folder, shown: folder });
  });

  test.each([
    '',
    '-x',
    '--upload-pack=touch /tmp/x',
    'ext::sh -c id',
    'git@-oProxyCommand=id:x',
    'git@host:-x',
    'ssh://-oProxyCommand=id/x',
    'ssh://me@-oProxyCommand=id/x',
    'ssh://-x@host/x',
    'ftp://example.org/x.tar',
    'git+ext::sh',
    'file://elsewhere/x.tar',
    'https://example.org/a b',
    'https://example.org/a\nb',
    '/no/such/place',
    'no such place',
  ])('may not be %j', (text) => {
    expect(() => parseLocation(text, null)).toThrow(LocationError);
  });

  test('is shown without its password and its signature', () => {
    expect(parseLocation('https://me:pw@example.org/x', null).shown).toBe('https://example.org/x');
    expect(parseLocation('https://me:pw@example.org/x.tgz?sig=1', null).shown).toBe(
      'https://example.org/x.tgz',
    );
    expect(() => parseLocation('ftp://me:pw@example.org/x', null)).toThrow(
      /^'ftp:\/\/example.org\/x' is of no kind/,
    );
  });
});

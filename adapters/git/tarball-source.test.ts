import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeExecutable, writeFiles } from '../../test/fixtures/git-repository.ts';
import { openSuiteSource } from './open-suite-source.ts';
import type { OpenSuiteSource, SuiteSourceRequest } from './open-suite-source.ts';
import { LocationError, TarballError, TarballTooBigError } from './source-errors.ts';

let folder: string;
let cacheFolder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-tarball-'));
  cacheFolder = join(folder, 'cache');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = async (location: string, more: Partial<SuiteSourceRequest> = {}) =>
  await openSuiteSource({ location, ref: null, relpath: '', cacheFolder, ...more });

/** A tarball of exactly these entries, sensible or not. */
async function tarOf(
  entries: readonly (Partial<Header> & { name: string; text?: string })[],
): Promise<Buffer> {
  const tar = pack();
  for (const { text, ...header } of entries) tar.entry(header, text ?? '');
  tar.finalize();
  return await buffer(tar as unknown as AsyncIterable<Uint8Array>);
}

function write(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

const aFile = { name: 'suites/s/a.yaml', text: 'a: 1' };

describe('a tarball', () => {
  test('is told by its bytes and known by its hash', async () => {
    const tar = await tarOf([aFile]);
    const location = write('x.tgz', gzipSync(tar));
    const sha256 = createHash('sha256').update(readFileSync(location)).digest('hex');
    const { source, id, suitePath } = await open(location);
    expect({ id, sourceId: source.id, sha1: source.sha1, text: source.read('suites/s/a.yaml') }).toEqual({
      id: sha256,
      sourceId: sha256,
      sha1: null,
      text: 'a: 1',
    });
    expect(await suitePath()).toBe(join(cacheFolder, 'checkouts', sha256));
    expect((await open(write('misnamed.tar.gz', tar))).source.read('suites/s/a.yaml')).toBe('a: 1');
    await expect(open(location, { ref: 'main' })).rejects.toThrow(LocationError);
  });

  test('may have one folder around everything, as those of GitHub do, but only around the suites', async () => {
    const inside = [
      { name: 'ceph-1234/', type: 'directory' as const },
      { name: 'ceph-1234/qa/suites/s/a.yaml', text: 'a: 1' },
    ];
    const location = write('github.tar', await tarOf(inside));
    const { source, suitePath } = await open(location, { relpath: 'qa' });
    expect([source.read('suites/s/a.yaml'), readdirSync(await suitePath())]).toEqual(['a: 1', ['suites']]);
    expect((await open(location)).source.list('')).toEqual(['ceph-1234']);
    expect((await open(write('plain.tar', await tarOf([aFile])))).source.list('')).toEqual(['suites']);
  });

  test('keeps empty folders, odd and long names, executables and hard links', async () => {
    const long = `${'directory/'.repeat(30)}${'n'.repeat(120)}.yaml`;
    writeFiles(join(folder, 't'), {
      'suites/empty': null,
      'suites/é "x"\n$\\.yaml': 'odd',
      [`suites/${long}`]: 'long',
      'suites/run': '#!',
    });
    makeExecutable(join(folder, 't/suites/run'));
    execFileSync('ln', [join(folder, 't/suites/run'), join(folder, 't/suites/same')]);
    execFileSync('tar', ['czf', join(folder, 't.tgz'), '-C', join(folder, 't'), '.']);
    const { source, suitePath } = await open(join(folder, 't.tgz'));
    expect([source.stat('suites/empty'), source.list('suites/empty')]).toEqual(['directory', []]);
    expect([
      source.read('suites/é "x"\n$\\.yaml'),
      source.read(`suites/${long}`),
      source.read('suites/same'),
    ]).toEqual(['odd', 'long', '#!']);
    const modes = ['run', 'same', long].map(
      async (name) => statSync(join(await suitePath(), 'suites', name)).mode & 0o777,
    );
    expect(await Promise.all(modes)).toEqual([0o555, 0o555, 0o444]);
  });

  test('gives what stands last under a name, and leaves what shared its place', async () => {
    const entries = [
      { name: 'a', text: 'old' },
      { name: 'b', type: 'link' as const, linkname: 'a' },
      { name: './a', text: 'new' },
      { name: 'c', text: 'x' },
      { name: 'c', type: 'link' as const, linkname: 'b' },
    ];
    const { source } = await open(write('x.tar', await tarOf(entries)));
    expect(['a', 'b', 'c'].map((name) => source.read(name))).toEqual(['new', 'old', 'old']);
  });

  test('takes no more room than its bytes, however many hard links there are', async () => {
    const links = Array.from({ length: 500 }, (_, i) => ({
      name: `l${i}`,
      type: 'link' as const,
      linkname: 'a',
    }));
    const location = write('x.tar', await tarOf([{ name: 'a', text: 'x'.repeat(100_000) }, ...links]));
    const { suitePath } = await open(location);
    const folder = await suitePath();
    expect(new Set(readdirSync(folder).map((name) => statSync(join(folder, name)).ino)).size).toBe(1);
  });

  test('that comes a second time is not unpacked again', async () => {
    const location = write('x.tar', await tarOf([aFile]));
    const { suitePath } = await open(location);
    const before = statSync(join(await suitePath(), 'suites')).ino;
    expect(statSync(join(await (await open(location)).suitePath(), 'suites')).ino).toBe(before);
  });

  test.each([
    ['climbs', [{ name: 'suites/../../evil', text: 'x' }], "an entry climbs out of it: 'suites/../../evil'"],
    ['starts at the root', [{ name: '/tmp/evil', text: 'x' }], "an entry does not lie in it: '/tmp/evil'"],
    [
      'leads through a link',
      [
        { name: 'a', type: 'symlink', linkname: '/tmp' },
        { name: 'a/evil', text: 'x' },
      ],
      "'a' is there as a link and as a directory: 'a/evil'",
    ],
    [
      'links hard to the outside',
      [{ name: 'a', type: 'link', linkname: '../../etc/passwd' }],
      "an entry climbs out of it: 'a'",
    ],
    [
      'links hard to a link',
      [
        { name: 'a', type: 'symlink', linkname: '/etc/passwd' },
        { name: 'b', type: 'link', linkname: 'a' },
      ],
      "a hard link leads to 'a', which is no file before it: 'b'",
    ],
    ['has an endless name', [{ name: 'a/'.repeat(3000), text: 'x' }], 'the name of an entry is too long'],
    ['is a device', [{ name: 'a', type: 'character-device' }], "there is a character-device in it: 'a'"],
  ] as const)('with an entry that %s is refused, and leaves nothing', async (_, entries, sentence) => {
    const location = write('evil.tar', await tarOf([aFile, ...entries]));
    const failure = open(location);
    await expect(failure).rejects.toThrow(TarballError);
    await expect(failure).rejects.toThrow(`tarball ${location}: ${sentence}`);
    expect(readdirSync(join(cacheFolder, 'checkouts'))).toEqual([]);
    expect(existsSync('/tmp/evil')).toBe(false);
  });

  test('that is cut off, damaged, packed otherwise or none at all is refused in a sentence', async () => {
    const tar = await tarOf([{ name: 'noise', text: randomBytes(100_000).toString('hex') }]);
    const gz = gzipSync(tar);
    const broken = Buffer.from(gz).fill(0xff, 5000, 5100);
    const bad = [
      gz.subarray(0, 50_000),
      broken,
      tar.subarray(0, 90_000),
      Buffer.from('BZh91AY'),
      Buffer.from('no tarball '.repeat(100)),
    ];
    for (const [index, bytes] of bad.entries()) {
      const location = write(`bad-${index}`, bytes);
      await expect(open(location)).rejects.toThrow(TarballError);
      await expect(open(location)).rejects.toThrow(/^tarball .*: (cannot be unpacked: .|only \.tar)/);
    }
    expect(readdirSync(join(cacheFolder, 'checkouts'))).toEqual([]);
  });

  test('that was cut or changed anywhere is refused or read, and never waited for', async () => {
    const files = Array.from({ length: 8 }, (_, i) => ({ name: `f${i}`, text: 'x'.repeat(i * 700) }));
    const tar = await tarOf([...files, { name: 'link', type: 'symlink', linkname: 'f1' }]);
    const whole = [tar, gzipSync(tar), zstdCompressSync(tar)];
    let count = 0;
    const where = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole),
        where,
        where,
        fc.boolean(),
        async (bytes, at, byte, isCut) => {
          const place = Math.floor(at * (bytes.length - 1));
          const bad = isCut
            ? bytes.subarray(0, place)
            : Buffer.from(bytes).fill(Math.floor(byte * 255), place, place + 1);
          const end = await open(write(`${count++}`, bad)).catch((error: unknown) => error);
          expect(end instanceof TarballError || (end as OpenSuiteSource).id?.length === 64).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('that unpacks to more than the limits, or has too many entries, is stopped on the way', async () => {
    const bomb = write('bomb.tgz', gzipSync(await tarOf([{ name: 'zeros', text: '0'.repeat(20_000_000) }])));
    expect(statSync(bomb).size).toBeLessThan(100_000);
    await expect(open(bomb, { limits: { unpackedBytes: 1024 * 1024 } })).rejects.toThrow(
      new TarballTooBigError({ tarball: bomb, reason: 'unpacks to more than 1 MiB' }),
    );
    await expect(open(bomb, { limits: { packedBytes: 1000 } })).rejects.toThrow('has more than 1000 bytes');
    const many = write(
      'many.tar',
      await tarOf(Array.from({ length: 20 }, (_, i) => ({ name: `f${i}`, text: '' }))),
    );
    await expect(open(many, { limits: { entries: 19 } })).rejects.toThrow('holds more than 19 entries');
    expect(readdirSync(join(cacheFolder, 'checkouts'))).toEqual([]);
  });
});

describe('a tarball on a web server', () => {
  const closers: (() => void)[] = [];
  afterEach(() => closers.splice(0).forEach((close) => close()));

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test('is downloaded, with redirects and the login of the URL, and its secrets are not told', async () => {
    const tar = gzipSync(await tarOf([aFile]));
    const seen: string[] = [];
    const at = await serve((request, response) => {
      seen.push(request.headers.authorization ?? '');
      if (request.url?.startsWith('/moved')) return response.writeHead(302, { location: '/x' }).end();
      return response.end(tar);
    });
    const { source } = await open(`http://me:p%40ss@${at}/moved/x.tar.gz?X-Signature=secret`);
    expect([source.read('suites/s/a.yaml'), source.origin]).toEqual(['a: 1', `http://${at}/moved/x.tar.gz`]);
    expect(Buffer.from(seen[0]?.replace('Basic ', '') ?? '', 'base64').toString()).toBe('me:p@ss');
    expect((await open(`tar+http://${at}/archive/main`)).source.read('suites/s/a.yaml')).toBe('a: 1');
    expect(readdirSync(cacheFolder)).toEqual(['checkouts']);
  });

  test('that must have a hash is not asked for again, and is refused when it has another', async () => {
    const tar = await tarOf([aFile]);
    const sha256 = createHash('sha256').update(tar).digest('hex');
    let requests = 0;
    const at = await serve((_request, response) => {
      requests += 1;
      response.end(requests === 1 ? tar : tar.subarray(512));
    });
    const location = `http://${at}/x.tar`;
    for (let i = 0; i < 3; i++) expect((await open(location, { ref: sha256 })).id).toBe(sha256);
    expect(requests).toBe(1);
    const other = 'f'.repeat(64);
    await expect(open(location, { ref: other })).rejects.toThrow(
      new RegExp(`: its SHA-256 is [0-9a-f]{64} and not ${other}$`),
    );
    expect(readdirSync(join(cacheFolder, 'checkouts'))).toEqual([sha256]);
  });

  test('that is missing, too long, endless or cut off ends in a sentence', async () => {
    const at = await serve((request, response) => {
      if (request.url === '/long.tar')
        return response.writeHead(200, { 'content-length': 5_000_000 }).write('x');
      if (request.url === '/cut.tar') {
        response.writeHead(200, { 'content-length': 5_000 }).write('x');
        return setImmediate(() => response.destroy());
      }
      if (request.url === '/hung.tar') return response.writeHead(200).write('x');
      if (request.url !== '/endless.tar') return response.writeHead(404).end();
      const more = () => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      return more();
    });
    const limits = { packedBytes: 1024 * 1024 };
    const failures = [
      ['none.tar', {}, `tarball http://${at}/none.tar: the server answers 404 Not Found`],
      ['long.tar', limits, 'has more than 1 MiB'],
      ['endless.tar', limits, 'has more than 1 MiB'],
      ['cut.tar', limits, 'cannot be had: other side closed'],
      ['hung.tar', { deadlineMs: 300 }, 'was not here after 0.3 s'],
    ] as const;
    for (const [name, limits, sentence] of failures) {
      await expect(open(`http://${at}/${name}`, { limits })).rejects.toThrow(sentence);
    }
    await expect(open('http://127.0.0.1:1/x.tar')).rejects.toThrow(
      /^tarball http:\/\/127.0.0.1:1\/x.tar: cannot be had: .+/,
    );
    await expect(open('s3://bucket/x.tar')).rejects.toThrow(
      'tarball s3://bucket/x.tar: nothing here reads s3:// locations',
    );
    expect(existsSync(join(cacheFolder, 'checkouts'))).toBe(false);
    expect(readdirSync(cacheFolder)).toEqual([]);
  });
});

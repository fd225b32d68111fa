import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gitRepository } from '../../test/fixtures/git-repository.ts';
import type { GitRepository } from '../../test/fixtures/git-repository.ts';
import { describeWith } from '../../test/requirements.ts';
import { GitMissingError, GitTimeoutError } from './git-command.ts';
import { openSuiteSource } from './open-suite-source.ts';
import type { SuiteSourceRequest } from './open-suite-source.ts';
import {
  CommitNotFoundError,
  LocationError,
  RefNotFoundError,
  UnreadableRepositoryError,
} from './source-errors.ts';

let folder: string;
let cacheFolder: string;
let repository: GitRepository;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-git-'));
  cacheFolder = join(folder, 'cache');
  repository = gitRepository(join(folder, 'ceph'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = async (ref: string | null, more: Partial<SuiteSourceRequest> = {}) =>
  await openSuiteSource({ location: `file://${repository.folder}`, ref, relpath: '', cacheFolder, ...more });
const textAt = async (ref: string | null) => (await open(ref)).source.read('suites/s/a.yaml');
const treeOf = (text: string) => ({ 'suites/s/a.yaml': text });

describeWith(['git'], 'a repository', () => {
  test('gives the tree of a branch, tag, annotated tag, pull request, sha1, and of its default branch', async () => {
    const { git, commit } = repository;
    const first = commit(treeOf('first'));
    git('tag', 'light');
    git('tag', '-a', '-m', 'x', 'heavy/v1');
    git('update-ref', 'refs/pull/7/head', first);
    git('checkout', '--quiet', '-b', 'wip/new');
    const second = commit(treeOf('second'));
    git('checkout', '--quiet', 'main');
    commit(treeOf('third'));
    const refs = [
      'light',
      'heavy/v1',
      'refs/pull/7/head',
      first,
      'wip/new',
      second.toUpperCase(),
      'refs/heads/wip/new',
      'main',
      null,
    ];
    const texts = [];
    for (const ref of refs) texts.push(await textAt(ref));
    expect(texts).toEqual([
      'first',
      'first',
      'first',
      'first',
      'second',
      'second',
      'second',
      'third',
      'third',
    ]);
    expect([(await open('heavy/v1')).id, (await open('wip/new')).source.sha1]).toEqual([first, second]);
  });

  test('gives the branch where a tag and others end in the same name', async () => {
    const { git, commit } = repository;
    commit(treeOf('the tag'));
    git('tag', 'squid');
    git('branch', 'other/squid');
    commit(treeOf('the branch'));
    git('branch', 'squid');
    expect(await textAt('squid')).toBe('the branch');
  });

  test('stays at the commit while the branch moves on, and is there when the repository has gone', async () => {
    const sha1 = repository.commit(treeOf('one'));
    const opened = await open('main');
    repository.commit(treeOf('two'));
    expect([opened.id, opened.source.read('suites/s/a.yaml'), await textAt('main')]).toEqual([
      sha1,
      'one',
      'two',
    ]);
    renameSync(repository.folder, join(folder, 'gone'));
    expect(await textAt(sha1)).toBe('one');
    await expect(open('main')).rejects.toThrow(UnreadableRepositoryError);
  });

  test('reads below a relpath, whose links may lead to the rest of the tree', async () => {
    repository.commit({
      'qa/suites/s/a.yaml': { link: '../../../shared/a.yaml' },
      'qa/suites/s/up': { link: '/etc/hostname' },
      'qa/suites/s/notes': 'notes',
      'shared/a.yaml': 'from above',
      'qa/tasks/mine.ts': 'export {};',
    });
    const { source, suitePath } = await open('main', { relpath: './qa/' });
    expect(source.list('suites/s')).toEqual(['a.yaml', 'notes', 'up']);
    expect([source.read('suites/s/a.yaml'), source.read('suites/s/notes')]).toEqual(['from above', 'notes']);
    expect([source.stat('suites/s/up'), source.stat('shared'), source.stat('suites')]).toEqual([
      'broken',
      null,
      'directory',
    ]);
    expect(() => source.read('suites/s/up')).toThrow("'suites/s/up' is no file of the suite tree");
    expect(readFileSync(join(await suitePath(), 'tasks/mine.ts'), 'utf8')).toBe('export {};');
    for (const relpath of ['..', 'qa/../..', '/etc'])
      await expect(open('main', { relpath })).rejects.toThrow(LocationError);
  });

  test('reads nothing but strict UTF-8, and keeps byte-order marks', async () => {
    repository.commit({
      'a.yaml': '\ufeffé: 1\r\n',
      'b.yaml': Uint8Array.of(0x61, 0xe9),
      'c.txt': Uint8Array.of(0xe9),
    });
    const { source } = await open('main');
    expect(source.read('a.yaml')).toBe('\ufeffé: 1\r\n');
    for (const path of ['b.yaml', 'c.txt']) expect(() => source.read(path)).toThrow(TypeError);
  });

  test('is read the same from inside a git hook, which has another repository in its environment', async () => {
    repository.commit(treeOf('mine'));
    const other = join(folder, 'other');
    const set = { GIT_DIR: other, GIT_WORK_TREE: other, GIT_INDEX_FILE: other, GIT_OBJECT_DIRECTORY: other };
    Object.assign(process.env, set);
    try {
      const { source, suitePath } = await open('main');
      expect(source.read('suites/s/a.yaml')).toBe('mine');
      expect(readFileSync(join(await suitePath(), 'suites/s/a.yaml'), 'utf8')).toBe('mine');
    } finally {
      for (const key of Object.keys(set)) delete process.env[key];
    }
  });

  test('says what it does not have in the words of the original', async () => {
    repository.commit(treeOf('x'));
    const url = `file://${repository.folder}`;
    const none = 'f'.repeat(40);
    await expect(open('nope')).rejects.toThrow(new RefNotFoundError({ ref: 'nope', repository: url }));
    await expect(open('nope')).rejects.toThrow(`Branch 'nope' not found in repo: ${url}!`);
    await expect(open('refs/pull/9/head')).rejects.toThrow(`'refs/pull/9/head' not found in repo: ${url}!`);
    await expect(open(none)).rejects.toThrow(new CommitNotFoundError({ sha1: none, repository: url }));
    await expect(open('main', { location: `file://${folder}/none` })).rejects.toThrow(
      /^cannot read the repository file:.*\/none: .*does not appear to be a git repository/s,
    );
    expect(readdirSync(join(cacheFolder, 'git')).filter((name) => name.startsWith('scratch'))).toEqual([]);
  });

  test('takes no location and no ref for an option', async () => {
    repository.commit(treeOf('x'));
    const trap = `touch ${join(folder, 'trapped')};`;
    const locations = [
      `--upload-pack=${trap}`,
      `-u${trap}`,
      `ext::sh -c ${trap}`,
      `ssh://-oProxyCommand=${trap}/x`,
      `fd::17`,
    ];
    for (const location of locations) await expect(open('main', { location })).rejects.toThrow(LocationError);
    const refs = [
      `--upload-pack=${trap}`,
      '-h',
      'a..b',
      'a b',
      'ma*',
      'main:x',
      'a.lock',
      'x@{1}',
      '',
      '/main',
      'main/',
    ];
    for (const ref of refs) await expect(open(ref)).rejects.toThrow(LocationError);
    await expect(open('main', { location: `git+ext::sh -c ${trap}` })).rejects.toThrow(LocationError);
    expect(existsSync(join(folder, 'trapped'))).toBe(false);
  });

  test('is fetched only as far as it has changed', async () => {
    const noise = Array.from({ length: 20_000 }, () => Math.random().toString(36)).join('');
    repository.commit({ ...treeOf('one'), noise });
    await open('main');
    const packs = () =>
      readdirSync(join(cacheFolder, 'git'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.pack'),
      );
    const before = packs();
    repository.commit({ ...treeOf('two'), noise });
    await open('main');
    const added = packs().filter((name) => !before.includes(name));
    expect([before.length, added.length]).toEqual([1, 1]);
    const size = (name: string) => readFileSync(join(cacheFolder, 'git', name)).length;
    expect(size(added[0] ?? '')).toBeLessThan(size(before[0] ?? '') / 50);
  });
});

describeWith(['git'], 'the cache of a repository', () => {
  const main = new URL('../../test/fixtures/open-source-main.ts', import.meta.url).pathname;
  const opening = async (ref: string) => {
    const words = [main, `file://${repository.folder}`, ref, cacheFolder];
    return JSON.parse((await promisify(execFile)(process.execPath, words)).stdout) as {
      id: string;
      suitePath: string;
    };
  };

  test('serves processes that fetch and check out the same commits at once', async () => {
    const commits = ['one', 'two'].map((text) => {
      const sha1 = repository.commit(treeOf(text));
      repository.git('branch', text);
      return sha1;
    });
    const opened = await Promise.all(['one', 'two', 'one', 'two'].map(opening));
    expect(opened.map(({ id }) => id)).toEqual([...commits, ...commits]);
    const texts = opened.map(({ suitePath }) => readFileSync(join(suitePath, 'suites/s/a.yaml'), 'utf8'));
    expect(texts).toEqual(['one', 'two', 'one', 'two']);
    expect(readdirSync(join(cacheFolder, 'checkouts')).sort()).toEqual([...commits].sort());
  });

  test('is usable after processes were killed at any point', async () => {
    const files = Array.from({ length: 300 }, (_, i) => [`suites/s/${i}.yaml`, `n: ${i}`] as const);
    for (let round = 0; round < 6; round++) {
      const sha1 = repository.commit({ ...Object.fromEntries(files), 'suites/s/a.yaml': `round: ${round}` });
      const child = spawn(process.execPath, [main, `file://${repository.folder}`, 'main', cacheFolder], {
        stdio: 'ignore',
      });
      const gone = once(child, 'exit');
      // Each round gets a little further: before the fetch, inside of it, inside the checkout.
      await new Promise((resolve) => setTimeout(resolve, 120 + 60 * round));
      child.kill('SIGKILL');
      await gone;
      const { source, suitePath } = await open(sha1);
      expect([source.list('suites/s').length, source.read('suites/s/a.yaml')]).toEqual([
        301,
        `round: ${round}`,
      ]);
      expect(readdirSync(join(await suitePath(), 'suites/s')).length).toBe(301);
    }
  });

  test('may be named by a relative path', async () => {
    const [first, second] = ['one', 'two'].map((text) => repository.commit(treeOf(text)));
    const more = { cacheFolder: relative(process.cwd(), cacheFolder) };
    for (const sha1 of [first, second]) {
      const { source, suitePath } = await open(sha1 ?? '', more);
      expect(readFileSync(join(await suitePath(), 'suites/s/a.yaml'), 'utf8')).toBe(
        source.read('suites/s/a.yaml'),
      );
    }
  });

  test('is usable when a fetch was cut off and left its lock files', async () => {
    const sha1 = repository.commit(treeOf('one'));
    await open('main');
    const [name = ''] = readdirSync(join(cacheFolder, 'git'));
    const left = join(cacheFolder, 'git', name, 'scratch-killed');
    mkdirSync(join(left, 'objects/pack'), { recursive: true });
    writeFileSync(join(left, 'shallow.lock'), '');
    writeFileSync(join(left, 'objects/pack/tmp_pack_x'), 'half');
    rmSync(join(cacheFolder, 'git', name, 'whole-commits', sha1));
    expect(await textAt('main')).toBe('one');
  });
});

describeWith(['git'], 'a server of repositories', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function listening(server: ReturnType<typeof createServer>): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => sockets.add(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  test('may be nothing but files over http, which knows no shallow fetch', async () => {
    const sha1 = repository.commit(treeOf('old'));
    repository.commit(treeOf('new'));
    repository.git('gc', '--quiet');
    repository.git('update-server-info');
    const server = createHttpServer((request, response) => {
      const file = join(
        repository.folder,
        '.git',
        new URL(request.url ?? '', 'http://x').pathname.replace('/ceph.git', ''),
      );
      if (!existsSync(file)) return response.writeHead(404).end();
      return response.end(readFileSync(file));
    });
    const location = `http://127.0.0.1:${await listening(server)}/ceph.git`;
    const main = await open('main', { location });
    const old = await open(sha1, { location });
    expect([main, old].map(({ source }) => source.read('suites/s/a.yaml'))).toEqual(['new', 'old']);
    const none = 'f'.repeat(40);
    await expect(open(none, { location })).rejects.toThrow(
      new CommitNotFoundError({ sha1: none, repository: location }),
    );
  });

  test('may give out nothing but the heads of branches', async () => {
    const settings = join(folder, 'gitconfig');
    writeFileSync(settings, '[protocol]\n\tversion = 0\n');
    const before = process.env['GIT_CONFIG_GLOBAL'];
    process.env['GIT_CONFIG_GLOBAL'] = settings;
    try {
      const old = repository.commit(treeOf('old'));
      const tip = repository.commit(treeOf('new'));
      repository.git('update-ref', 'refs/pull/7/head', old);
      repository.git('config', 'uploadpack.hideRefs', 'refs/pull');
      expect([(await open('main')).id, await textAt(tip), await textAt(old)]).toEqual([tip, 'new', 'old']);
    } finally {
      if (before === undefined) delete process.env['GIT_CONFIG_GLOBAL'];
      else process.env['GIT_CONFIG_GLOBAL'] = before;
    }
  });

  test('is reached over ssh with the settings of the user', async () => {
    repository.commit(treeOf('over ssh'));
    const ssh = join(folder, 'ssh');
    writeFileSync(ssh, '#!/bin/sh\necho "$1" >>"$0.log"\nexec sh -c "$2"\n', { mode: 0o755 });
    const before = {
      GIT_SSH_COMMAND: process.env['GIT_SSH_COMMAND'],
      GIT_SSH_VARIANT: process.env['GIT_SSH_VARIANT'],
    };
    Object.assign(process.env, { GIT_SSH_COMMAND: ssh, GIT_SSH_VARIANT: 'simple' });
    try {
      for (const location of [
        `ssh://git@lab.example${repository.folder}`,
        `git@lab.example:${repository.folder}`,
      ]) {
        expect((await open('main', { location })).source.read('suites/s/a.yaml')).toBe('over ssh');
      }
    } finally {
      for (const [key, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[key];
        else process.env[key] = value;
      }
    }
    expect(new Set(readFileSync(`${ssh}.log`, 'utf8').trim().split('\n'))).toEqual(
      new Set(['git@lab.example']),
    );
  });

  test('is never asked for a password by a person', async () => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    const at = `127.0.0.1:${await listening(server)}`;
    await expect(open('main', { location: `http://${at}/ceph.git` })).rejects.toThrow(
      /terminal prompts disabled/,
    );
    const failure: unknown = await open('main', { location: `http://me:s3cret@${at}/ceph.git` }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(UnreadableRepositoryError);
    expect((failure as Error).message).toContain(`http://${at}/ceph.git`);
    expect((failure as Error).message).not.toContain('s3cret');
  });

  test.each(['http', 'git'])('that never answers over %s ends with the deadline', async (scheme) => {
    const location = `${scheme}://127.0.0.1:${await listening(createServer(() => undefined))}/ceph.git`;
    const failure = open('main', { location, deadlines: { resolveMs: 300 } });
    await expect(failure).rejects.toThrow(GitTimeoutError);
    await expect(failure).rejects.toThrow('git ls-remote was not done after 0.3 s');
  });

  test('cannot be asked without git', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      await expect(open('main')).rejects.toThrow(GitMissingError);
    } finally {
      process.env['PATH'] = path;
    }
  });
});

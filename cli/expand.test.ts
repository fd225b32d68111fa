import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gitRepository } from '../test/fixtures/git-repository.ts';
import { describeWith } from '../test/requirements.ts';

const main = new URL('../bin/loligo.js', import.meta.url).pathname;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-expand-'));
  const write = (path: string, content = '') => {
    mkdirSync(join(folder, 'suites', path, '..'), { recursive: true });
    writeFileSync(join(folder, 'suites', path), content);
  };
  write('s/%');
  write('s/a/one.yaml', 'n: 1.0\ntasks:\n- exec: {client.0: [echo é]}\n');
  write('s/a/two.yaml', 'n: 2\n');
  write('s/b/x.yaml', 'x: yes\n');
  write('bad/%');
  write('bad/a/1.yaml', 'l: [1]\n');
  write('bad/b/1.yaml', 'ok: 1\n');
  write('bad/b/2.yaml', 'l: {}\n');
  for (const facet of ['a', 'b', 'c']) {
    write('big/%');
    for (let i = 0; i < 30; i++) write(`big/${facet}/${i}.yaml`, `${facet}: ${'x'.repeat(200)}\n`);
  }
  writeFileSync(join(folder, 'base.yaml'), 'os_type: centos\nn: 0\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function expand(...words: string[]) {
  return await expandAt(folder, ...words);
}

async function expandAt(location: string, ...words: string[]) {
  const child = spawn(process.execPath, [main, 'expand', location, ...words], {
    env: { ...process.env, LOLIGO_FOLDER: join(folder, 'lab') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const [exitCode] = (await once(child, 'exit')) as [number];
  return { exitCode, stdout: await stdout, stderr: await stderr };
}

describe('loligo expand', () => {
  test('lists descriptions, one a line', async () => {
    expect(await expand('--suite', 's')).toEqual({
      exitCode: 0,
      stdout: 's/{a/one b/x}\ns/{a/two b/x}\n',
      stderr: '',
    });
  });

  test('writes jobs as canonical JSON', async () => {
    const { stdout } = await expand(
      '--suite',
      's',
      '--jsonl',
      '--base',
      join(folder, 'base.yaml'),
      '--limit',
      '1',
    );
    expect(stdout).toBe(
      '{"description":"s/{a/one b/x}","fragments":["suites/s/a/one.yaml","suites/s/b/x.yaml"],"config":' +
        '{"n":1.0,"os_type":"centos","tasks":[{"exec":{"client.0":["echo é"]}}],' +
        '"teuthology":{"fragments_dropped":[],"meta":{},"postmerge":[]},"x":true}}\n',
    );
  });

  test('counts without expanding', async () => {
    expect((await expand('--suite', 'big', '--count')).stdout).toBe('27000\n');
    expect((await expand('--suite', 'big', '--count', '--subset', '1/100')).stdout).toBe('270\n');
  });

  test('filters', async () => {
    expect((await expand('--suite', 's', '--filter-out', 'one, three')).stdout).toBe('s/{a/two b/x}\n');
    expect((await expand('--suite', 's', '-F', '--filter', 't.o.yaml')).stdout).toBe('s/{a/two b/x}\n');
    expect((await expand('--suite', 's', '--filter-all', 'two,one')).stdout).toBe('');
  });

  test('gives out what comes before a bad fragment, then names it and exits with 1', async () => {
    const { exitCode, stdout, stderr } = await expand('--suite', 'bad');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: 'bad/{a/1 b/1}\n' });
    expect(stderr).toMatch(/^suites\/bad\/b\/2.yaml: cannot merge a map of 0 into a list of 1 at 'l'/);
  });

  test('refuses what it cannot work with in one sentence', async () => {
    const cases = [
      ['--suite', 'none'],
      ['--suite', 's', '--subset', '3/3'],
      ['--suite', 's', '--subset', 'x'],
      ['--suite', 's', '--seed', '1.5'],
      ['--suite', 's', '--base', join(folder, 'missing.yaml')],
    ];
    for (const words of cases) {
      const { exitCode, stdout, stderr } = await expand(...words);
      expect({ words, exitCode, stdout, lines: stderr.trim().split('\n').length }).toEqual({
        words,
        exitCode: 1,
        stdout: '',
        lines: 1,
      });
    }
  });

  test('ends quietly when its reader goes away', async () => {
    const child = spawn(process.execPath, [main, 'expand', folder, '--suite', 'big', '--jsonl'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stderr = text(child.stderr);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [exitCode] = (await once(child, 'exit')) as [number];
    expect({ exitCode, stderr: await stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});

describeWith(['git'], 'loligo expand of a repository or tarball', () => {
  const jobs = 's/{a/one b/x}\ns/{a/two b/x}\n';

  test('lists what is at a ref, below a relpath, or in an archive', async () => {
    const { folder: repository, git } = gitRepository(join(folder, 'repository'));
    cpSync(join(folder, 'suites/s'), join(repository, 'qa/suites/s'), { recursive: true });
    git('add', '--all');
    git('commit', '--quiet', '-m', 'The suites');
    git('tag', 'v1');
    git('rm', '--quiet', 'qa/suites/s/a/two.yaml');
    git('commit', '--quiet', '-m', 'One less');
    git('archive', '--prefix=ceph-1/', '--output', join(folder, 'v1.tar.gz'), 'v1');
    const place = ['--relpath', 'qa', '-s', 's'];
    expect((await expandAt(repository, '--ref', 'v1', ...place)).stdout).toBe(jobs);
    expect((await expandAt(`file://${repository}`, ...place)).stdout).toBe('s/{a/one b/x}\n');
    expect((await expandAt(join(folder, 'v1.tar.gz'), ...place)).stdout).toBe(jobs);
    const { exitCode, stdout, stderr } = await expandAt(repository, '--ref', 'v9', ...place);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `Branch 'v9' not found in repo: ${repository}!\n`,
    });
  });
});

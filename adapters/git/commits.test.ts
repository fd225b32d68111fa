import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SuiteSourceError } from '../../core/ports/suite-source.ts';
import { describeWith } from '../../test/requirements.ts';
import { gitCommits } from './commits.ts';

describeWith(['git'], 'commits of a repository', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-commits-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  const main = [1, 2, 3].map((number) => commit(`main ${number}`));
  git('checkout', '--quiet', '-b', 'side', main[0] ?? '');
  const side = commit('side');
  git('checkout', '--quiet', 'main');
  git('merge', '--quiet', '--no-ff', '-m', 'merge', 'side');
  const merge = git('rev-parse', 'HEAD');

  function commit(message: string): string {
    git('commit', '--quiet', '--allow-empty', '-m', message);
    return git('rev-parse', 'HEAD');
  }

  const url = `file://${folder}`;
  const commits = gitCommits();

  test('a branch has a head, and what is no branch has none', async () => {
    expect(await commits.head(url, 'main')).toBe(merge);
    expect(await commits.head(url, 'side')).toBe(side);
    expect(await commits.head(url, 'nosuch')).toBeNull();
  });

  test('parents are the first ones, nearest first, as many as there are', async () => {
    expect(await commits.parents(url, merge, 2)).toEqual([main[2], main[1]]);
    expect(await commits.parents(url, merge, 99)).toEqual([main[2], main[1], main[0]]);
    expect(await commits.parents(url, main[0] ?? '', 5)).toEqual([]);
  });

  test('a commit is there or not', async () => {
    expect(await commits.has(url, main[1] ?? '')).toBe(true);
    expect(await commits.has(url, 'f'.repeat(40))).toBe(false);
    expect(await commits.has(url, 'no hash')).toBe(false);
  });

  test.each([
    '/nosuch/repository',
    '--upload-pack=touch /tmp/x',
    'ext::sh -c true',
    'https://example.org/x.tar.gz',
  ])('%s is refused with a sentence', async (repo) => {
    await expect(commits.head(repo, 'main')).rejects.toThrow(SuiteSourceError);
  });
});

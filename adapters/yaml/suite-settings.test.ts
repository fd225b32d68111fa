import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultSuiteSettings, repositoryUrl } from '../../core/config/suite-settings.ts';
import { readSuiteSettings } from './suite-settings.ts';

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'loligo-home-'));
});
afterAll(async () => await rm(home, { recursive: true }));

test('without a file everything has its default', async () => {
  expect(await readSuiteSettings({ home, environment: {} })).toEqual(defaultSuiteSettings);
});

test('the names are those of the original', async () => {
  await writeFile(
    join(home, '.teuthology.yaml'),
    'ceph_git_url: https://x/ceph.git\njob_threshold: 0\nsuite_verify_ceph_hash: no\npackage_index_url: https://x/api\n',
  );
  expect(await readSuiteSettings({ home, environment: {} })).toEqual({
    ...defaultSuiteSettings,
    cephRepo: 'https://x/ceph.git',
    jobThreshold: 0,
    verifyCephHash: false,
    packageIndexUrl: 'https://x/api',
  });
});

test.each([
  ['job_threshold: -1', 'job_threshold must not be negative'],
  ['package_index_url: ftp://x', 'package_index_url must be an http or https URL'],
  ['ceph_git_url: 5', 'ceph_git_url must be text'],
])('%s is refused with the name of the file', async (line, sentence) => {
  const file = join(home, 'settings.yaml');
  await writeFile(file, line);
  await expect(readSuiteSettings({ home, environment: { LOLIGO_CONFIG: file } })).rejects.toThrow(
    `${file}: ${sentence}`,
  );
});

test.each([
  ['fork', 'https://git.test/ceph/ceph-ci.git', 'https://git.test/ceph/fork.git'],
  ['me/fork', 'https://git.test/ceph/ceph-ci.git', 'https://git.test/me/fork.git'],
  ['me/fork.git', 'https://git.test/ceph/ceph-ci.git', 'https://git.test/me/fork.git'],
  ['me/fork', null, 'https://github.com/me/fork.git'],
  ['https://x/y.git', null, 'https://x/y.git'],
  ['git@host:y', null, 'git@host:y'],
  ['/srv/git/y', null, '/srv/git/y'],
  ['a/b/c', null, 'a/b/c'],
  ['./y', null, './y'],
])('the repository %s beside %s is %s', (name, configured, url) => {
  expect(repositoryUrl(name, configured)).toBe(url);
});

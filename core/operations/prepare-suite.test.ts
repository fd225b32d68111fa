import { describe, expect, test } from 'vitest';
import {
  configured,
  context,
  fakeCommits,
  listed,
  makeLab,
  order,
  queued,
} from '../../test/fixtures/suite-orders.ts';
import type { PackageQuery } from '../ports/package-index.ts';
import { prepareSuite } from './prepare-suite.ts';

/** The labs here have no nodes, which a submission is told. */
const absent = 'the lab has no machines of type box: the jobs wait until it has';

describe('the build under test', () => {
  test('is not looked up where no repository is configured, and keys without a value are left out', async () => {
    const { base, said } = await listed(makeLab(), {});
    expect([...base.keys()]).not.toContain('sha1');
    expect(base.get('branch')).toBe('main');
    expect(base.get('suite_path')).toBe('/checkout/qa');
    expect(said).toEqual([
      absent,
      'no package index is configured: whether the jobs have packages is not checked',
    ]);
  });

  test('is the head of its branch, once for the whole run, and no fragment pins another', async () => {
    const { base, jobs } = await listed(makeLab(configured), { cephBranch: 'wip' });
    expect(base.get('sha1')).toBe('a'.repeat(40));
    expect(base.get('suite_branch')).toBe('wip');
    expect(new Set(jobs.map((job) => job.config.get('sha1')))).toEqual(new Set(['a'.repeat(40)]));
  });

  test('and its suites are found by short names; suites fall back to main', async () => {
    const lab = makeLab(configured);
    const { base } = await listed(lab, {
      cephRepo: 'me/fork',
      sha1: 'b'.repeat(40),
      cephBranch: 'mine',
      suiteRepo: 'suites',
      suiteDir: null,
    });
    expect(base.get('repo')).toBe('https://git.test/me/fork.git');
    expect(base.get('suite_repo')).toBe('https://git.test/ceph/suites.git');
    expect(lab.opened).toMatchObject([{ suiteBranch: 'main', suiteSha1: 'e'.repeat(40) }]);
  });

  test.each([
    [{ cephBranch: 'nosuch' }, "Branch 'nosuch' not found in repo: ceph-ci.git!"],
    [{ sha1: 'f'.repeat(40) }, `'${'f'.repeat(40)}' not found in repo: ceph-ci.git!`],
    [{ suite: null }, 'which suite?'],
    [{ machineType: 'multi' }, "'multi' is no machine type"],
    [{ machineType: null }, 'which machine type? the lab has no nodes'],
    [{ expire: '2001-01-01' }, "expire '2001-01-01' is over already"],
  ])('%j is refused and nothing is left behind', async (changes, sentence) => {
    const lab = makeLab(configured);
    await expect(queued(lab, changes)).rejects.toThrow(sentence);
    expect(await lab.jobs.listRuns({ limit: 9 })).toEqual([]);
  });

  test('a hash that nobody is to validate is taken as it is', async () => {
    const { base } = await listed(makeLab(configured), { sha1: 'f'.repeat(40), validateSha1: false });
    expect(base.get('sha1')).toBe('f'.repeat(40));
  });

  test('a submission that goes on later keeps the commits that it began with', async () => {
    const lab = makeLab(configured);
    await queued(lab, { name: 'mine' });
    const moved = { ...lab, commits: { ...fakeCommits, head: async () => 'c'.repeat(40) } };
    const again = await prepareSuite(
      moved,
      { ...order, name: 'mine', seed: null },
      { ...context, resumed: true },
    );
    expect([again.base.get('sha1'), again.base.get('seed')]).toEqual(['a'.repeat(40), 3]);
  });
});

describe('packages', () => {
  const until = (letter: string) => (wanted: PackageQuery) =>
    'sha1' in wanted.ref && wanted.ref.sha1 >= letter.repeat(40);

  test('that one job misses refuse the whole run, before anything is queued', async () => {
    const lab = makeLab(configured, (wanted) => wanted.osType !== 'ubuntu');
    await expect(queued(lab, {})).rejects.toThrow("packages for os_type 'ubuntu'");
    expect(await lab.jobs.listRuns({ limit: 9 })).toEqual([]);
    expect((await queued(lab, { filters: { ...order.filters, in: ['centos'] } })).jobIds).toHaveLength(2);
  });

  test('are searched for back in history with --newest, and the suites move along', async () => {
    const { base, jobs, said } = await listed(makeLab(configured, until('c')), { newest: 2 });
    expect([base.get('sha1'), base.get('suite_sha1')]).toEqual(['c'.repeat(40), 'c'.repeat(40)]);
    expect(new Set(jobs.map((job) => job.config.get('sha1')))).toEqual(new Set(['c'.repeat(40)]));
    expect(said).toEqual([absent, `went back 2 commits, to ${'c'.repeat(40)}, for which there are packages`]);
    await expect(listed(makeLab(configured, until('d')), { newest: 2 })).rejects.toThrow(
      'Exceeded 2 backtracks',
    );
  });

  test('may be missing where the site says so', async () => {
    const lab = makeLab({ ...configured, allowMissingPackages: true }, () => false);
    expect((await queued(lab, {})).jobIds).toHaveLength(4);
  });
});

describe('documents on top', () => {
  test('win over fragments, and the lab has the last word on what is its own', async () => {
    const { jobs } = await listed(makeLab(), {
      configYaml: ['tasks: [{print: last}]\nverbose: true\n', 'os_type: debian'],
    });
    const [first] = jobs;
    expect(first?.config.get('tasks')).toEqual([new Map([['nop', null]]), new Map([['print', 'last']])]);
    expect([first?.config.get('os_type'), first?.config.get('verbose')]).toEqual(['debian', true]);
  });
});

describe('keeping machines', () => {
  test('takes one job unless a limit is given', async () => {
    const { submission, said } = await listed(makeLab(), { sleepBeforeTeardown: 60 });
    expect([submission.limit, said[0]]).toEqual([1, expect.stringContaining('only one job')]);
    expect((await listed(makeLab(), { sleepBeforeTeardown: 60, limit: 3 })).submission.limit).toBe(3);
  });
});

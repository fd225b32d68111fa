import { describe, expect, test } from 'vitest';
import { luaMergeScripts } from '../../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { fakeSuiteSource } from '../../test/fixtures/fake-suite-source.ts';
import type { FakeTree } from '../../test/fixtures/fake-suite-source.ts';
import { defaultSuiteSettings } from '../config/suite-settings.ts';
import type { SuiteSettings } from '../config/suite-settings.ts';
import type { YamlMap } from '../config/yaml-value.ts';
import type { Commits } from '../ports/commits.ts';
import type { PackageQuery } from '../ports/package-index.ts';
import { prepareSuite } from './prepare-suite.ts';
import type { SourceWish } from './prepare-suite.ts';
import { submitSuite } from './submit-suite.ts';
import type { SuiteOrder } from './suite-order.ts';

const context = { owner: 'alice@desk', now: new Date(2026, 0, 2, 3, 4, 5).getTime(), resumed: false };
const suites: FakeTree = {
  smoke: {
    '%': '',
    a: { 'x.yaml': 'tasks: [{nop: }]\n', 'xy.yaml': 'sha1: pinned\n' },
    os: { 'centos.yaml': 'os_type: centos\n', 'ubuntu.yaml': 'os_type: ubuntu\n' },
  },
  list: { 'a.yaml': 'a: 1\n', 'ab.yaml': 'b: 1\n' },
};

const order: SuiteOrder = {
  suite: 'smoke',
  rerun: null,
  suiteDir: '/suites',
  suiteRelpath: null,
  suiteRepo: null,
  suiteBranch: null,
  suiteSha1: null,
  cephRepo: null,
  cephBranch: 'main',
  sha1: null,
  validateSha1: true,
  newest: 0,
  packageIndex: null,
  kernel: 'distro',
  kdb: true,
  flavor: 'default',
  teuthologyBranch: null,
  machineType: 'box',
  name: null,
  priority: 1000,
  forcePriority: false,
  jobThreshold: null,
  subset: null,
  seed: 3,
  noNestedSubset: null,
  filters: { in: [], out: [], all: [], fragments: false },
  compat: false,
  limit: 0,
  num: 1,
  configYaml: [],
  distro: null,
  distroVersion: null,
  arch: null,
  expire: null,
  email: null,
  rocketchat: null,
  sleepBeforeTeardown: 0,
  archiveUpload: null,
  verbose: false,
};

/** A fake of git servers: `main` and `wip` exist; commits are one letter forty times, and each has the next letter as its parent. */
const fakeCommits: Commits = {
  head: async (repo, branch) =>
    ['main', 'wip'].includes(branch) ? (repo.includes('suites') ? 'e' : 'a').repeat(40) : null,
  has: async (_, sha1) => /^[a-d]+$/.test(sha1),
  parents: async (_, sha1, count) =>
    Array.from({ length: count }, (__, index) =>
      String.fromCharCode(sha1.charCodeAt(0) + 1 + index).repeat(40),
    ),
};

const configured: Partial<SuiteSettings> = {
  cephRepo: 'https://git.test/ceph/ceph-ci.git',
  packageIndexUrl: 'http://index.test',
};

function makeLab(
  settings: Partial<SuiteSettings> = {},
  built: (wanted: PackageQuery) => boolean = () => true,
) {
  const lab = fakeLab();
  const opened: SourceWish[] = [];
  const ports = {
    ...lab,
    yaml: pyYaml,
    scripts: luaMergeScripts(),
    commits: fakeCommits,
    settings: { ...defaultSuiteSettings, ...settings },
    packageIndex: (origin: string) => ({
      origin,
      find: async (wanted: PackageQuery) => (built(wanted) ? { sha1: 'd'.repeat(40), version: null } : null),
    }),
    openSource: async (wish: SourceWish) => {
      opened.push(wish);
      return { source: fakeSuiteSource(suites), relpath: 'qa', suitePath: '/checkout/qa' };
    },
    random: () => 0.5,
    defaultMachineType: null,
    maxJobSeconds: 7200,
  };
  return { ...ports, opened };
}

type Lab = ReturnType<typeof makeLab>;

async function listed(lab: Lab, changes: Partial<SuiteOrder>) {
  const prepared = await prepareSuite(lab, { ...order, ...changes }, context);
  const jobs: { description: string; config: YamlMap }[] = [];
  for await (const job of prepared.submission.expand(prepared.submission.seed)) jobs.push(job);
  return { ...prepared, jobs, said: prepared.notes() };
}

async function queued(lab: Lab, changes: Partial<SuiteOrder>, at = context) {
  const prepared = await prepareSuite(lab, { ...order, ...changes }, at);
  return await submitSuite(lab, prepared.submission, at);
}

describe('the build under test', () => {
  test('is not looked up where no repository is configured, and keys without a value are left out', async () => {
    const { base, said } = await listed(makeLab(), {});
    expect([...base.keys()]).not.toContain('sha1');
    expect(base.get('branch')).toBe('main');
    expect(base.get('suite_path')).toBe('/checkout/qa');
    expect(said).toEqual(['no package index is configured: whether the jobs have packages is not checked']);
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
    expect(said).toEqual([`went back 2 commits, to ${'c'.repeat(40)}, for which there are packages`]);
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

describe('a rerun', () => {
  /** A lab with a run `first` of four jobs, of which the first two are dead. */
  async function labWithRun() {
    const lab = makeLab();
    const { jobIds } = await queued(lab, { name: 'first', noNestedSubset: true, subset: '0/1' });
    for (const jobId of jobIds.slice(0, 2))
      await lab.jobs.kill({ run: 'first', jobId, actor: 'me', reason: 'gone', now: 1 });
    return lab;
  }
  const rerun = { run: 'first', statuses: ['fail', 'dead'] };
  const again = { suite: null, seed: null, rerun };

  test('takes suite, seed, subset and exactly the jobs from the record', async () => {
    const lab = await labWithRun();
    const { submission, jobs } = await listed(lab, again);
    expect(jobs.map((job) => job.description)).toEqual(['smoke/{a/x os/centos}', 'smoke/{a/xy os/ubuntu}']);
    expect(submission).toMatchObject({ suite: 'smoke', seed: 3, subset: '0/1', noNestedSubset: true });
  });

  test('is narrowed by filters', async () => {
    const { jobs, said } = await listed(await labWithRun(), {
      ...again,
      filters: { ...order.filters, in: ['ubuntu'] },
    });
    expect(jobs.map((job) => job.description)).toEqual(['smoke/{a/xy os/ubuntu}']);
    expect(said.join()).toContain('1 of the 2 jobs to repeat are left out');
  });

  test.each([
    [{ seed: 4 }, "seed 4 differs from that of run 'first', 3"],
    [{ subset: '1/2' }, "subset 1/2 differs from that of run 'first', 0/1"],
    [{ suite: 'other' }, "suite other differs from that of run 'first', smoke"],
    [{ noNestedSubset: false }, 'no_nested_subset false differs'],
    [
      { rerun: { run: 'first', statuses: ['pass'] } },
      "run 'first' has no job that is pass: nothing to repeat",
    ],
    [{ rerun: { run: 'first', statuses: ['running'] } }, "can be repeated, not 'running'"],
    [{ rerun: { run: 'first', statuses: [] } }, 'at least one status'],
    [{ rerun: { run: 'nosuch', statuses: ['fail'] } }, "no run named 'nosuch'"],
    [{ filters: { ...order.filters, in: ['zzz'] } }, 'none of the 2 jobs to repeat any more'],
  ])('with %j is refused and queues nothing', async (changes, sentence) => {
    const lab = await labWithRun();
    await expect(queued(lab, { ...again, ...changes })).rejects.toThrow(sentence);
    expect(await lab.jobs.listRuns({ limit: 9 })).toHaveLength(1);
  });

  test('compares whole descriptions; with compat parts of them, as the original does', async () => {
    const lab = makeLab();
    const { jobIds } = await queued(lab, { name: 'first', suite: 'list' });
    await lab.jobs.kill({ run: 'first', jobId: jobIds[0] ?? 0, actor: 'me', reason: 'gone', now: 1 });
    const repeated = async (compat: boolean) =>
      (await listed(lab, { ...again, compat })).jobs.map((job) => job.description);
    expect(await repeated(false)).toEqual(['list/a']);
    expect(await repeated(true)).toEqual(['list/a', 'list/ab']);
  });

  test('may repeat the same explicit values, in any writing', async () => {
    const same = { suite: 'smoke', seed: 3, subset: '5/1', noNestedSubset: true };
    expect((await listed(await labWithRun(), { ...again, ...same })).jobs).toHaveLength(2);
  });

  test('of a single job is refused: it came from no suite', async () => {
    const lab = makeLab();
    await lab.jobs.createRun({ ...single, name: 'first', now: 1 });
    await expect(queued(lab, again)).rejects.toThrow('did not come from a suite');
  });

  const single = {
    suite: '',
    owner: 'a',
    machineType: 'box',
    seed: null,
    subset: null,
    noNestedSubset: false,
    sha1: null,
  };
});

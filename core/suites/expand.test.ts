import { describe, expect, test } from 'vitest';
import { luaMergeScripts } from '../../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { fakeSuiteSource } from '../../test/fixtures/fake-suite-source.ts';
import type { FakeTree } from '../../test/fixtures/fake-suite-source.ts';
import { fromPlain, toPlain } from '../config/yaml-value.ts';
import type { PlainValue, YamlMap } from '../config/yaml-value.ts';
import type { MergeScripts } from '../ports/merge-scripts.ts';
import { FilterError, FragmentError } from './errors.ts';
import { expandSuite } from './expand.ts';
import type { ExpandedJob, Expansion } from './expand.ts';
import { noFilters } from './filters.ts';

/** Scripts that must not be needed. */
const noScripts: MergeScripts = {
  start: () => Promise.reject(new Error('Lua was started')),
};

function expansion(tree: FakeTree, more: Partial<Expansion> = {}): Expansion {
  return {
    source: fakeSuiteSource({ s: tree }),
    suite: 's',
    seed: 0,
    subset: null,
    noNestedSubset: false,
    yaml: pyYaml,
    scripts: noScripts,
    ...more,
  };
}

async function all(tree: FakeTree, more: Partial<Expansion> = {}): Promise<ExpandedJob[]> {
  const jobs: ExpandedJob[] = [];
  for await (const job of expandSuite(expansion(tree, more))) jobs.push(job);
  return jobs;
}

async function configs(tree: FakeTree, more: Partial<Expansion> = {}): Promise<PlainValue[]> {
  const jobs = await all(tree, more);
  return jobs.map((job) => toPlain(new Map([...job.config].filter(([key]) => key !== 'teuthology'))));
}

const section = { fragments_dropped: [], meta: {}, postmerge: [] };
const two = {
  '%': '',
  '1': { 'a.yaml': 'a: 1\nl: [1]\n' },
  '2': { 'x.yaml': 'x: 1\nl: [x]\n', 'y.yaml': 'y: 1\nl: [y]\n' },
};

describe('expandSuite', () => {
  test('merges the fragments of each job in order', async () => {
    const jobs = await all(two);
    expect(jobs.map(({ description, fragments }) => ({ description, fragments }))).toEqual([
      { description: 's/{1/a 2/x}', fragments: ['suites/s/1/a.yaml', 'suites/s/2/x.yaml'] },
      { description: 's/{1/a 2/y}', fragments: ['suites/s/1/a.yaml', 'suites/s/2/y.yaml'] },
    ]);
    expect(jobs.map((job) => toPlain(job.config))).toEqual([
      { teuthology: section, a: 1, l: [1, 'x'], x: 1 },
      { teuthology: section, a: 1, l: [1, 'y'], y: 1 },
    ]);
  });

  test('merges over the base config and leaves it as it was', async () => {
    const baseConfig = fromPlain({ l: [0], m: { k: 1 } }) as YamlMap;
    expect(await configs(two, { baseConfig })).toEqual([
      { l: [0, 1, 'x'], m: { k: 1 }, a: 1, x: 1 },
      { l: [0, 1, 'y'], m: { k: 1 }, a: 1, y: 1 },
    ]);
    expect(toPlain(baseConfig)).toEqual({ l: [0], m: { k: 1 } });
  });

  test('reads each fragment once, and none before the first job is asked for', async () => {
    const source = fakeSuiteSource({ s: two });
    const jobs = expandSuite(expansion(two, { source }));
    expect(source.reads.size).toBe(0);
    await jobs.next();
    expect([...source.reads.keys()]).toEqual(['suites/s/%', 'suites/s/1/a.yaml', 'suites/s/2/x.yaml']);
    for await (const _ of jobs);
    expect([...source.reads.values()]).toEqual([1, 1, 1, 1]);
  });

  test('skips empty fragments', async () => {
    expect(await configs({ '+': '', 'a.yaml': '# nothing\n', 'b.yaml': 'b: 1\n' })).toEqual([{ b: 1 }]);
  });

  test('tells why a job was filtered out', async () => {
    const told: string[] = [];
    const onFiltered = (description: string, reason: string) => told.push(`${description} ${reason}`);
    expect(await all(two, { filters: { ...noFilters, in: ['2/y'] }, onFiltered })).toHaveLength(1);
    expect(told).toEqual(["s/{1/a 2/x} matches none of '2/y'"]);
  });

  test('does without Lua as long as there are no scripts and no patterns', async () => {
    expect(await all(two, { filters: { in: ['x'], out: ['a-b'], all: [], fragments: false } })).toHaveLength(
      1,
    );
    const patterns = { ...noFilters, in: ['y.yaml'], fragments: true };
    await expect(all(two, { filters: patterns })).rejects.toThrow('Lua was started');
    expect(await all(two, { filters: patterns, scripts: luaMergeScripts() })).toHaveLength(1);
  });

  test('gives the names that scripts and dropped fragments have below a folder of the source', async () => {
    const inner = fakeSuiteSource({
      s: { '+': '', 'a.yaml': 'teuthology: {premerge: reject()}\n', 'b.yaml': 'b: 1\n' },
    });
    const source = {
      ...inner,
      stat: (path: string) => inner.stat(path.slice('qa/'.length)),
      list: (path: string) => inner.list(path.slice('qa/'.length)),
      read: (path: string) => inner.read(path.slice('qa/'.length)),
    };
    const [job] = await all({}, { source, folder: 'qa', scripts: luaMergeScripts() });
    expect(job?.fragments).toEqual(['suites/s/a.yaml', 'suites/s/b.yaml']);
    expect(toPlain(job?.config ?? null)).toMatchObject({
      teuthology: { fragments_dropped: ['/fake/qa/suites/s/a.yaml'] },
    });
  });
});

describe('a fault in a fragment', () => {
  test.each([
    ['a: [1', 'YAMLError'],
    ['[1]', 'AttributeError'],
    ['text', 'AttributeError'],
    ['teuthology:', 'AttributeError'],
    ['teuthology: [1]', 'TypeError'],
    ['l: {x: 1}', 'AssertionError'],
    ['when: 2016-01-02', 'TypeError'],
    ['teuthology: {premerge: [1]}', 'LuaError'],
    ['teuthology: {premerge: "if"}', 'LuaError'],
    ['teuthology: {postmerge: [1]}', 'TypeError'],
    ['teuthology: {postmerge: ["if"]}', 'LuaError'],
    ['teuthology: {postmerge: ["error(1)"]}', 'LuaError'],
    ['teuthology: {postmerge: ["x = yaml.nothing"]}', 'KeyError'],
  ])('%j names the file and the job, and is a %s', async (text, originalError) => {
    const tree = { '%': '', '1': { 'a.yaml': 'l: [1]\n' }, '2': { 'x.yaml': 'x: 1\n', 'y.yaml': text } };
    const jobs = expandSuite(expansion(tree, { scripts: luaMergeScripts() }));
    expect((await jobs.next()).value).toMatchObject({ description: 's/{1/a 2/x}' });
    const failure: unknown = await jobs.next().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FragmentError);
    expect(failure).toMatchObject({ file: 'suites/s/2/y.yaml', job: 's/{1/a 2/y}', originalError });
    expect((failure as Error).message).toMatch(/^suites\/s\/2\/y.yaml: /);
  });

  test('is the first one in merge order, whatever kind it is of', async () => {
    const conflict = { '+': '', '1.yaml': 'a: [1]\n', '2.yaml': 'a: no\n', '3.yaml': 'a: [' };
    await expect(all(conflict)).rejects.toThrow('suites/s/2.yaml: cannot merge');
    const broken = { '+': '', '1.yaml': 'a: [1]\n', '2.yaml': 'a: [', '3.yaml': 'a: no\n' };
    await expect(all(broken)).rejects.toThrow('suites/s/2.yaml:');
  });

  test('does not matter in fragments that no job of the subset has', async () => {
    const tree = { ...two, '2': { ...two['2'], 'y.yaml': 'a: [' } };
    const jobs = expandSuite(expansion(tree));
    expect((await jobs.next()).done).toBe(false);
    await expect(jobs.next()).rejects.toThrow(FragmentError);
  });

  test('a malformed pattern is a fault of the filter', async () => {
    const filters = { ...noFilters, out: ['['], fragments: true };
    await expect(all(two, { filters, scripts: luaMergeScripts() })).rejects.toThrow(FilterError);
    await expect(all(two, { filters, scripts: luaMergeScripts() })).rejects.toThrow("filter '['");
  });
});

describe('scripts', () => {
  const script = (text: string, name = 'postmerge') =>
    `teuthology:\n  ${name}: ${name === 'postmerge' ? '\n  - ' : ''}|\n${text.replaceAll(/^/gm, '      ')}\n`;
  const scripts = luaMergeScripts();

  test('of one job do not change another, though jobs share their parts', async () => {
    const tree = {
      '%': '',
      '1': { 'a.yaml': 'm: {deep: {l: [1]}}\ntasks: [{t: {n: 1}}]\n' },
      '2': {
        'x.yaml': script('py_attrgetter(yaml.m.deep.l).append(2)\nyaml.tasks[0].t.n = 2'),
        'y.yaml': 'y: 1\n',
        'z.yaml': script('yaml.seen = yaml.tasks[0].t.n'),
      },
    };
    const [x, y, z] = await configs(tree, { scripts });
    expect(x).toMatchObject({ m: { deep: { l: [1, 2] } }, tasks: [{ t: { n: 2 } }] });
    expect(y).toEqual({ m: { deep: { l: [1] } }, tasks: [{ t: { n: 1 } }], y: 1 });
    expect(z).toMatchObject({ m: { deep: { l: [1] } }, seen: 1 });
  });

  test('see the job, the fragments and the arguments of the expansion', async () => {
    const text = script(
      [
        'yaml.description = description',
        'yaml.suite = suite_name',
        'yaml.first = frag_paths[0]',
        'yaml.base = base_frag_paths[0]',
        'yaml.seeds = seed',
        'yaml.wanted = filter_in[0]',
        'yaml.none = filter_out == nil',
        'yaml.os = os_type .. wanted_os_version .. this_os_version',
        'yaml.from_base = base_config.os_type',
      ].join('\n'),
    );
    const baseConfig = fromPlain({ os_type: 'centos', os_version: '9.stream' }) as YamlMap;
    const filters = { ...noFilters, in: ['s'] };
    expect(await configs({ '+': '', 'a.yaml': text }, { scripts, baseConfig, filters, seed: 7 })).toEqual([
      {
        os_type: 'centos',
        os_version: '9.stream',
        description: 's/{a}',
        suite: 's',
        first: '/fake/suites/s/a.yaml',
        base: 's/a.yaml',
        seeds: 7,
        wanted: 's',
        none: true,
        os: 'centos99',
        from_base: 'centos',
      },
    ]);
  });

  test('of a job that filters drop do not run, but must be well formed', async () => {
    const dropping = { scripts, filters: { ...noFilters, out: ['s'] } };
    expect(await all({ '+': '', 'a.yaml': script('error("ran")', 'premerge') }, dropping)).toEqual([]);
    expect(await all({ '+': '', 'a.yaml': script('error("ran")') }, dropping)).toEqual([]);
    await expect(all({ '+': '', 'a.yaml': script('if') }, dropping)).rejects.toThrow(FragmentError);
  });

  test('draw from the seed, in the order of the jobs', async () => {
    const tree = { '%': '', '1': { 'a.yaml': script('yaml.r = math.random(1000000)') }, '2': two['2'] };
    const drawn = async (seed: number) =>
      (await configs(tree, { scripts, seed })).map((job) => (job as { r: number }).r);
    expect(await drawn(1)).toEqual(await drawn(1));
    expect(await drawn(1)).not.toEqual(await drawn(2));
    expect(new Set(await drawn(1)).size).toBe(2);
  });

  test('in the base config run for every job', async () => {
    const baseConfig = fromPlain({ teuthology: { postmerge: ['yaml.based = true'] } }) as YamlMap;
    expect(await configs({ 'a.yaml': 'a: 1\n' }, { scripts, baseConfig })).toEqual([{ a: 1, based: true }]);
  });
});

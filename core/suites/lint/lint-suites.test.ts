import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directorySource } from '../../../adapters/git/directory-source.ts';
import { luaMergeScripts } from '../../../adapters/lua/merge-scripts.ts';
import { compose } from '../../../adapters/yaml/compose.ts';
import { readEvents } from '../../../adapters/yaml/read-events.ts';
import { pyYaml } from '../../../adapters/yaml/yaml.ts';
import { nearMisses } from '../../config/near-misses.ts';
import { fakeSuiteSource } from '../../../test/fixtures/fake-suite-source.ts';
import type { FakeTree } from '../../../test/fixtures/fake-suite-source.ts';
import { SuiteError } from '../errors.ts';
import { expandSuite } from '../expand.ts';
import { planSuite } from '../plan.ts';
import type { LintReport } from './finding.ts';
import { lintSuites } from './lint-suites.ts';
import type { LintRequest } from './lint-suites.ts';
import { chosenRules, lintRules } from './rules.ts';

const everyRule = chosenRules({ only: lintRules.map(({ id }) => id), ignored: [] });

function lint(tree: FakeTree, more: Partial<LintRequest> = {}): LintReport {
  return lintSuites({
    source: fakeSuiteSource({ s: tree }),
    suites: null,
    rules: everyRule,
    subset: null,
    yaml: pyYaml,
    readWritten: (text) => {
      const read = readEvents(text);
      return { root: compose(read.text, read.events, Infinity), text: read.text };
    },
    tasks: { builtIn: ['exec', 'nop', 'parallel', 'sequential', 'print'], near: nearMisses },
    ...more,
  });
}

/** `place rule: sentence`, one for each finding. */
function found(tree: FakeTree, more: Partial<LintRequest> = {}): string[] {
  return lint(tree, more).findings.map(
    ({ file, line, rule, sentence }) => `${line === null ? file : `${file}:${line}`} ${rule}: ${sentence}`,
  );
}

const cluster = 'roles:\n- [mon.a, osd.0]\n- [client.0]\n';
const clean: FakeTree = {
  '%': '',
  cluster: { 'two.yaml': cluster },
  tasks: {
    'a.yaml': 'tasks:\n- exec:\n    client.0: [date]\n',
    'b.yaml': 'tasks:\n- parallel: [work]\nwork:\n- nop:\n',
  },
};
const ok = 'tasks:\n- nop:\n';
const nops = (count: number): FakeTree =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.yaml`, ok]));

test('a clean tree has no findings', () => {
  const report = lint(clean);
  expect(report.findings).toEqual([]);
  expect(report.limits).toEqual([]);
  expect(report.suites).toEqual([{ name: 's', jobs: '2', checkedJobs: 2 }]);
  expect(report.files).toBe(3);
});

describe('a tree that cannot be expanded', () => {
  test.each<[string, FakeTree, string]>([
    [
      'has a link that leads nowhere',
      { a: { 'x.yaml': null } },
      'suites/s/a/x.yaml broken-link: is a link that leads nowhere',
    ],
    [
      'has a list of nothing that counts',
      { a: { README: '' }, 'b.yaml': ok },
      'suites/s/a empty-facet: is a list, but nothing in it counts as a fragment (it holds README)',
    ],
    [
      'has a product of nothing',
      { a: { '%': '' }, 'b.yaml': ok },
      'suites/s/a empty-facet: is a product, but',
    ],
    [
      'picks out of nothing',
      { a: { $: '' }, 'b.yaml': ok },
      'suites/s/a empty-facet: picks one entry at random, but',
    ],
    ['is empty', {}, 'suites/s empty-facet: is no suite'],
    [
      'has a number that is none',
      { '%': 'two', a: nops(2) },
      'suites/s/%:1 bad-divisor: must be empty or hold a whole number, but holds "two"',
    ],
    [
      'has a zero',
      { '%': '0\n', a: nops(2) },
      'suites/s/%:1 bad-divisor: cannot cut a product into "0\\n" parts',
    ],
    [
      'has a folder for a number',
      { '%': { 'x.yaml': ok }, a: nops(2) },
      'suites/s/% bad-divisor: must be a file',
    ],
    [
      'is cut into too many parts',
      { '%': '', a: { '%': '3', x: nops(2) }, b: nops(2) },
      'suites/s/a/%:1 nested-subset-too-large: cuts a product of 2 jobs into 3 parts',
    ],
    [
      'has its largest facet cut',
      { '%': '', a: { '%': '2', x: nops(8) }, b: nops(2) },
      'suites/s/a/%:1 nested-subset-largest: is the largest factor of the product suites/s',
    ],
  ])('is told: it %s', async (_, tree, expected) => {
    expect(found(tree)).toEqual([expect.stringContaining(expected)]);
    expect(await failureOf(tree, [0, 1, 2, 3])).toBeInstanceOf(SuiteError);
  });

  test('is told: a link leads back', () => {
    const folder = mkdtempSync(join(tmpdir(), 'loligo-lint-'));
    try {
      mkdirSync(join(folder, 'suites/s/a'), { recursive: true });
      writeFileSync(join(folder, 'suites/s/a/x.yaml'), ok);
      symlinkSync('..', join(folder, 'suites/s/a/up'));
      symlinkSync('../..', join(folder, 'suites/s/a/upper'));
      const findings = found({}, { source: directorySource(folder) });
      expect(findings).toContainEqual(
        expect.stringContaining('link-loop: leads back to a directory above it'),
      );
      expect(findings.every((line) => line.includes('link-loop'))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is told: the system refuses to show it', () => {
    const inner = fakeSuiteSource({ s: { a: nops(1), b: nops(1) } });
    const list = (path: string): readonly string[] => {
      if (path.endsWith('/b')) throw new Error('EACCES: permission denied');
      return inner.list(path);
    };
    expect(found({}, { source: { ...inner, list } })).toEqual([
      'suites/s/b expansion-fails: EACCES: permission denied',
    ]);
  });

  test('does not mind what is hidden or disabled', () => {
    expect(found({ '.x.yaml': null, 'off.disable': { 'x.yaml': null }, 'a.yaml': ok, empty: {} })).toEqual(
      [],
    );
  });
});

describe('a name', () => {
  test.each<[string, FakeTree, string]>([
    ['with another ending', { 'a.yaml': ok, 'b.yml': ok }, 'suites/s/b.yml ignored-name:'],
    ['in capitals', { 'a.yaml': ok, 'B.YAML': ok }, 'suites/s/B.YAML ignored-name:'],
    [
      'with the wrong word for off',
      { 'a.yaml': ok, 'b.disabled': { 'x.yaml': ok } },
      'suites/s/b.disabled not-disabled:',
    ],
    [
      'beside another magic one',
      { 'a.yaml': ok, '%': '', '+': '' },
      'suites/s several-magic-files: has + and % at once; + wins',
    ],
    [
      'of a pick that is a product',
      { 'a.yaml': ok, p$: { '%': '', 'b.yaml': ok } },
      'suites/s/p$ several-magic-files: has % and a name that ends in $ at once; $ wins',
    ],
  ])('is told: %s', (_, tree, expected) => {
    expect(found(tree)).toEqual([expect.stringContaining(expected)]);
  });

  test('is left alone when it is ignored on purpose', () => {
    expect(found({ 'a.yaml': ok, 'b.yaml.disabled': '[', 'c.yaml~': '[', README: '' })).toEqual([]);
  });
});

describe('a text', () => {
  test.each<[string, string, string]>([
    ['that breaks', 'a: 1\nb: [1\n', 'suites/s/a.yaml:3 yaml-syntax:'],
    ['that is a list', '- 1\n', 'suites/s/a.yaml:1 not-a-map: must be a map at its top level'],
    [
      'with a word for its section',
      'meta: []\nteuthology: x\n',
      'suites/s/a.yaml:2 not-a-map: must have a map under `teuthology`',
    ],
    [
      'with a key twice',
      'tasks: []\noverrides: {a: {b: 1, c: 2}}\noverrides: {a: {c: 2}}\n',
      "suites/s/a.yaml:2 duplicate-key: the key 'overrides' stands at lines 2, 3; only line 3 counts, lost without a word: overrides.a.b: 1",
    ],
    [
      'with a date',
      'meta: [2016-01-02]\noverrides:\n  x: 2016-01-02\n',
      "suites/s/a.yaml:3 date-value: 'overrides.x' is a date",
    ],
    [
      'with a word for a key',
      'overrides:\n  on: 1\n',
      'suites/s/a.yaml:2 surprising-value: the key on is read as true',
    ],
    [
      'with a short version',
      'os_version: 16.10\n',
      "suites/s/a.yaml:1 surprising-value: 'os_version: 16.10' is read as a number and loses its last zero",
    ],
    ['with a mode', 'overrides: {mode: 0755}\n', "surprising-value: 'mode: 0755' is read as an octal number"],
    [
      'with a time',
      'overrides: {ports: [22:30]}\n',
      "surprising-value: '22:30' is read as a number to the base 60",
    ],
    ['with a branch that is a word', 'branch: on\n', "surprising-value: 'branch: on' is read as true"],
    [
      'with two tasks in one entry',
      'tasks:\n- nop:\n  print: x\n',
      'suites/s/a.yaml:2 invalid-task: Invalid task definition',
    ],
    ['with a map of tasks', 'tasks: {nop: 1}\n', 'suites/s/a.yaml:1 invalid-task: tasks must be a list'],
    [
      'with a broken entry in a named list',
      'tasks:\n- parallel: [w]\nw:\n- {a: 1, b: 2}\n',
      "suites/s/a.yaml:4 invalid-task: an entry of the list 'w'",
    ],
    [
      'with a task that nobody knows',
      'tasks:\n- exce:\n',
      "suites/s/a.yaml:2 unknown-task: there is no task 'exce'; did you mean 'exec'?",
    ],
    [
      'with a name that nobody defines',
      'tasks:\n- parallel:\n  - wrok\n- nop:\nwork: [nop: ]\nmeta: [work]\n',
      "suites/s/a.yaml:3 undefined-name: 'wrok' is no task, having no colon, and no fragment of the suite defines a list of that name; did you mean 'work'?",
    ],
    [
      'with a task without its colon',
      'tasks: [nop]\n',
      "undefined-name: 'nop' is no task, having no colon, and no fragment of the suite defines a list of that name; did you mean 'nop:'?",
    ],
    [
      'with flat roles',
      'roles: [mon.a]\n',
      'suites/s/a.yaml:1 invalid-roles: each entry of roles must be the list of one host',
    ],
    ['with a role on two hosts', 'roles: [[a.b], [a.b]]\n', "repeated-role: role 'a.b' is listed twice"],
    [
      'with a key that nobody reads',
      'override: {}\n',
      "suites/s/a.yaml:1 unknown-key: nothing reads the key 'override', did you mean 'overrides'?",
    ],
  ])('is told: one %s', (_, text, expected) => {
    expect(found({ 'a.yaml': text })).toEqual([expect.stringContaining(expected)]);
  });

  test('is left alone where YAML 1.1 does what its author meant', () => {
    const text =
      'overrides:\n  ok: yes\n  count: 010_0\n  size: 1.50\n  "on": 1\n  0: 0\n  when: "2016-01-02"\nmeta: [2016-01-02]\n';
    expect(found({ 'a.yaml': text.replace('010_0', '100') })).toEqual([]);
  });

  test('that links give several names is told once, with all of them', () => {
    const [finding, ...others] = lint({ 'a.yaml': 'x: [', 'b.yaml': 'x: [' }).findings;
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ file: 'suites/s/a.yaml', related: [{ file: 'suites/s/b.yaml' }] });
  });
});

describe('tasks of a suite', () => {
  const tree = {
    tasks: { 'a.yaml': 'tasks:\n- mine:\n- mine.sub:\n- theirs:\n', 'mine.ts': '', 'theirs.py': '' },
  };

  test('are known, but those of the original do not run here', () => {
    expect(found(tree)).toEqual([
      "suites/s/tasks/a.yaml:4 python-task: the task 'theirs' is a Python module, which this lab cannot run",
    ]);
    expect(found(tree, { rules: chosenRules({ only: [], ignored: [] }) })).toEqual([]);
  });
});

describe('combinations', () => {
  const product = (left: string, ...right: string[]): FakeTree => ({
    '%': '',
    '1': { 'a.yaml': left },
    '2': Object.fromEntries(right.map((text, i) => [`${i}.yaml`, text])),
  });

  test('that cannot be merged are told with both files and a job', () => {
    const { findings } = lint(
      product('overrides: {x: [1]}\n', 'tasks: []\n', 'tasks: []\noverrides:\n  x: {y: 1}\n'),
    );
    expect(findings).toMatchObject([
      {
        rule: 'merge-conflict',
        file: 'suites/s/2/1.yaml',
        line: 3,
        sentence:
          "'overrides.x' is a map, but a list in suites/s/1/a.yaml, which is merged before; for instance in job s/{1/a 2/1}",
        related: [{ file: 'suites/s/1/a.yaml', line: 1 }],
      },
    ]);
  });

  test('are no conflict where a scalar gives way, nothing stands, or no job has both', () => {
    expect(found(product('overrides: {x: 1, y: }\n', 'overrides: {x: [1], y: {z: 1}}\n'))).toEqual([]);
    expect(found({ 'a.yaml': 'overrides: [1]\n', 'b.yaml': 'overrides: {x: 1}\n' })).toEqual([]);
  });

  test('of a + directory take all of a list at once', () => {
    const tree = { '+': '', l: { 'a.yaml': 'overrides: [1]\n', 'b.yaml': 'overrides: {x: 1}\n' } };
    expect(found(tree)).toEqual([expect.stringContaining('suites/s/l/b.yaml:1 merge-conflict:')]);
  });

  test('may not replace what every job has', () => {
    expect(found({ 'a.yaml': 'teuthology: {meta: [1]}\n' })).toEqual([
      expect.stringContaining("merge-conflict: 'teuthology.meta' is a list, but a map in every job"),
    ]);
  });

  test('lack a role that a task names', () => {
    const tree = product(
      cluster,
      'tasks: [exec: {client.0: [x]}]\n',
      'tasks:\n- exec: {clients: [x]}\n- exec:\n    client.7: [x]\n',
    );
    expect(found(tree)).toEqual([
      "suites/s/2/1.yaml:4 missing-role: the task 'exec' names the role 'client.7', which no host has; so in one of 2 jobs looked at, the first is s/{1/a 2/1}",
    ]);
  });

  test('of which a script may change one are not asked for roles', () => {
    const text = 'tasks: [exec: {client.7: [x]}]\nteuthology:\n  postmerge: ["yaml.roles = nil"]\n';
    expect(found(product(cluster, text))).toEqual([]);
  });

  test('have a role twice', () => {
    expect(found(product(cluster, 'roles: [[client.0]]\n'))).toEqual([
      expect.stringContaining("repeated-role: the role 'ceph.client.0' is on two hosts; so in one of 1 jobs"),
    ]);
  });

  test('lack a list that another fragment defines', () => {
    const tree = product('tasks: [parallel: [work]]\n', 'work: [nop: ]\n', 'meta: []\n');
    expect(found(tree)).toEqual([
      expect.stringContaining(
        "suites/s/1/a.yaml:1 undefined-name: 'work' is defined by no fragment of the job; so in one of 2 jobs looked at, the first is s/{1/a 2/1}",
      ),
    ]);
  });

  test('never hold what a pick cannot reach', () => {
    expect(found({ $: '', a: nops(2), b: nops(3), 'c.yaml': ok })).toEqual([
      expect.stringContaining('suites/s/a/1.yaml unused-fragment: no job has it: suites/s picks an entry'),
      expect.stringContaining('suites/s/b/0.yaml unused-fragment:'),
      expect.stringContaining('suites/s/b/2.yaml unused-fragment:'),
    ]);
  });

  test('of more than the limit are sampled, and the report says so', () => {
    const tree = { '%': '', a: nops(10), b: nops(10) };
    const report = lint(tree, { jobLimit: 30 });
    expect(report.limits).toEqual(['suites/s: 30 of 100 jobs were looked at for roles, lists and examples']);
    expect(report.suites).toEqual([{ name: 's', jobs: '100', checkedJobs: 30 }]);
  });
});

test('a suite of more jobs than a number can hold is checked for conflicts in all of them', () => {
  const facets = Array.from({ length: 30 }, (_, index) => [`f${String(index).padStart(2, '0')}`, nops(9)]);
  const odd = { '0.yaml': 'overrides: [1]\n', '9.yaml': 'overrides: {a: 1}\n' };
  const tree: FakeTree = {
    '%': '',
    ...Object.fromEntries(facets),
    f00: { ...nops(9), '0.yaml': odd['0.yaml'] },
    f29: { ...nops(9), '9.yaml': odd['9.yaml'] },
  };
  const report = lint(tree, { jobLimit: 100 });
  expect(report.suites).toEqual([{ name: 's', jobs: String(9n ** 29n * 10n), checkedJobs: 100 }]);
  expect(report.findings).toMatchObject([{ rule: 'merge-conflict', file: 'suites/s/f29/9.yaml' }]);
});

describe('a subset', () => {
  test('that shows every fragment has no gap', () => {
    expect(found({ '%': '', a: nops(4), b: nops(2) }, { subset: { which: 1, of: 2 } })).toEqual([]);
  });

  test('leaves jobs over', () => {
    const tree = { '%': '', a: nops(3), b: nops(5) };
    expect(found(tree, { subset: { which: 0, of: 2 } })).toEqual([
      'suites/s subset-leftover: 1 of 15 jobs belong to no part: 2 parts of 7 leave the last ones out',
    ]);
  });

  test('of a list with products of several sizes leaves fragments out', () => {
    const tree = { p: { '%': '', a: nops(2), b: nops(30) }, q: { '%': '', a: nops(7) } };
    const findings = lint(tree, { subset: { which: 0, of: 5 } }).findings;
    const gaps = findings.filter(({ rule }) => rule === 'subset-gap').map(({ file }) => file);
    expect(gaps).toEqual(notIn(tree, 0, 5));
  });
});

function notIn(tree: FakeTree, which: number, of: number): string[] {
  const source = fakeSuiteSource({ s: tree });
  const all = lintedFragments(source, 'suites/s');
  const shown = new Set<string>();
  const request = { source, suite: 's', seed: 0, subset: { which, of }, noNestedSubset: false };
  for (const job of planSuite(request).jobs()) for (const { path } of job.fragments) shown.add(path);
  return all.filter((path) => !shown.has(path));
}

function lintedFragments(source: ReturnType<typeof fakeSuiteSource>, path: string): string[] {
  if (source.stat(path) === 'file') return path.endsWith('.yaml') ? [path] : [];
  return source.list(path).flatMap((name) => lintedFragments(source, `${path}/${name}`));
}

test('the files beside suites/ are read too, unless suites are named', () => {
  const inner = fakeSuiteSource({ s: clean });
  const files: Record<string, string> = { 'zones/bad.yaml': 'a: [', 'zones/list.yaml': '- 1\n' };
  const source = {
    ...inner,
    stat: (path: string) =>
      path === '' || path === 'zones' ? 'directory' : path in files ? 'file' : inner.stat(path),
    list: (path: string) =>
      path === '' ? ['suites', 'zones'] : path === 'zones' ? ['bad.yaml', 'list.yaml'] : inner.list(path),
    read: (path: string) => files[path] ?? inner.read(path),
  } as const;
  expect(found({}, { source })).toEqual([expect.stringContaining('zones/bad.yaml:1 yaml-syntax:')]);
  expect(found({}, { source, suites: ['s'] })).toEqual([]);
});

/** The first failure of expanding a tree with one of the seeds, all its jobs merged; null when it can be. */
async function failureOf(tree: FakeTree, seeds: readonly number[], noNestedSubset = false): Promise<unknown> {
  for (const seed of seeds) {
    try {
      const source = fakeSuiteSource({ s: tree });
      const request = {
        source,
        suite: 's',
        seed,
        subset: null,
        noNestedSubset,
        yaml: pyYaml,
        scripts: luaMergeScripts(),
      };
      let left = 2000;
      for await (const _ of expandSuite(request)) if (left-- === 0) break;
    } catch (error) {
      return error;
    }
  }
  return null;
}

function isReadable(given: string): boolean {
  try {
    pyYaml.parse(given);
    return true;
  } catch {
    return false;
  }
}

describe('for any tree', () => {
  const text = fc.constantFrom(
    '',
    'a: 1\n',
    'a: [1]\n',
    'a: {b: 1}\n',
    'a: {b: []}\n',
    'a: [',
    '- 1\n',
    'a: 2001-01-01\n',
    'a: \n',
    'b: yes\n',
    'teuthology: 1\n',
    'teuthology: {meta: 1}\n',
    'tasks: [x, {y: }]\n',
    'roles: [[a.b]]\n',
    '&x a: *x\n',
  );
  const name = fc.constantFrom(
    'a',
    'b',
    'c$',
    'd.yaml',
    'e.yaml',
    'f.yml',
    '.g',
    'h.disable',
    '$',
    '+',
    '%',
    'tasks',
  );
  const { tree } = fc.letrec<{ tree: FakeTree; entry: FakeTree[string] }>((tie) => ({
    entry: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'tree' },
      { weight: 6, arbitrary: text },
      { weight: 1, arbitrary: fc.constantFrom('2', '3', '\n') },
      { weight: 1, arbitrary: fc.constant(null) },
      { weight: 6, arbitrary: tie('tree') },
    ),
    tree: fc.dictionary(name, tie('entry'), { maxKeys: 5, depthIdentifier: 'tree' }),
  }));
  const merging = new Set(['yaml-syntax', 'not-a-map', 'merge-conflict', 'date-value']);
  const unable = new Set([
    'broken-link',
    'empty-facet',
    'bad-divisor',
    'nested-subset-too-large',
    'nested-subset-largest',
    'expansion-fails',
  ]);

  test('linting gives a report, with and without a subset', () => {
    fc.assert(
      fc.property(tree, fc.integer({ min: 2, max: 9 }), (tree, of) => {
        for (const subset of [null, { which: of - 1, of }]) {
          const { findings } = lint(tree, { subset, jobLimit: 500 });
          for (const { file, sentence, line } of findings) {
            expect(file).toMatch(/^suites/);
            expect(sentence).not.toBe('');
            expect(line === null || line > 0).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('and any text, linting gives a report, with an error where the text cannot be read', () => {
    const word = fc.constantFrom(
      'tasks',
      'roles',
      'a',
      'yes',
      '010',
      '1:30',
      '<<',
      '&x',
      '*x',
      '!!set',
      '{',
      '}',
      '[',
      ']',
      ':',
      '-',
      ',',
      '"',
      "'",
      '|',
      '#',
      '~',
    );
    const gap = fc.constantFrom(' ', '\n', '\n  ', ': ', '- ', '');
    const words = fc.array(fc.tuple(word, gap), { maxLength: 12 }).map((all) => all.flat().join(''));
    fc.assert(
      fc.property(fc.oneof(words, fc.string({ unit: 'binary' })), (given) => {
        const rules = lint({ 'a.yaml': given }).findings.map(({ rule }) => rule);
        expect(rules.includes('yaml-syntax')).toBe(!isReadable(given));
      }),
      { numRuns: 2000 },
    );
  });

  test('what cannot be expanded has an error', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (tree) => {
        const failure = await failureOf(tree, [0, 1]);
        if (failure === null) return;
        expect(failure).toBeInstanceOf(SuiteError);
        const rules = lint(tree).findings.map(({ rule }) => rule);
        expect({
          failure,
          rules: rules.filter((rule) => unable.has(rule) || merging.has(rule)),
        }).not.toMatchObject({ rules: [] });
      }),
      { numRuns: 400 },
    );
  });

  test('a broken link or a bad number is told only where expansion fails', async () => {
    const certain = new Set(['broken-link', 'bad-divisor']);
    await fc.assert(
      fc.asyncProperty(tree, async (tree) => {
        if (!lint(tree).findings.some(({ rule }) => certain.has(rule))) return;
        expect(await failureOf(tree, [0])).toBeInstanceOf(SuiteError);
      }),
      { numRuns: 400 },
    );
  });

  test('a conflict is told only where some job cannot be merged', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (tree) => {
        const { findings } = lint(tree);
        if (findings.some(({ rule }) => unable.has(rule))) return;
        if (
          !findings.some(
            ({ rule, sentence }) => rule === 'merge-conflict' && sentence.includes('for instance in job'),
          )
        )
          return;
        expect(await failureOf(tree, [0], true)).toBeInstanceOf(SuiteError);
      }),
      { numRuns: 1500 },
    );
  });
});

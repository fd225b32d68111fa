import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fakeSuiteSource } from '../../test/fixtures/fake-suite-source.ts';
import type { FakeTree } from '../../test/fixtures/fake-suite-source.ts';
import { NestedSubsetError, SuitePathError } from './errors.ts';
import { countJobs, planSuite } from './plan.ts';
import type { SuiteChoice, SuitePlan } from './plan.ts';
import { cyclicity } from './stretch.ts';

const plan = (tree: FakeTree, more: Partial<SuiteChoice> = {}): SuitePlan =>
  planSuite({
    source: fakeSuiteSource({ s: tree }),
    suite: 's',
    seed: 0,
    subset: null,
    noNestedSubset: false,
    ...more,
  });
const descriptions = (tree: FakeTree, more: Partial<SuiteChoice> = {}): string[] =>
  [...plan(tree, more).jobs()].map((job) => job.description);
const files = (...names: string[]): FakeTree => Object.fromEntries(names.map((name) => [`${name}.yaml`, '']));

const three = {
  '%': '',
  w: files('1', '2', '3', '4', '5', '6'),
  x: files('1', '2'),
  y: files('1', '2', '3', '4'),
};

describe('the order of jobs', () => {
  test('in a product steps all facets together, and shifts the smaller ones when they would repeat', () => {
    const all = descriptions(three).map((text) => text.replaceAll(/^s|[{}/ ]/g, ''));
    expect(all.slice(0, 13).join(' ')).toBe(
      'w1x1y1 w2x2y2 w3x1y3 w4x2y4 w5x1y1 w6x2y2 w1x1y3 w2x2y4 w3x1y1 w4x2y2 w5x1y3 w6x2y4 w1x1y4',
    );
    expect(all[24]).toBe('w1x2y1');
    expect(new Set(all)).toHaveLength(48);
  });

  test('of fragments goes by name, segment by segment, while the description sorts whole strings', () => {
    const tree = { '%': '', 'ceph-thrash': files('d'), ceph: files('b') };
    const [job] = plan(tree).jobs();
    expect(job?.description).toBe('s/{ceph-thrash/d ceph/b}');
    expect(job?.fragments.map((fragment) => fragment.path)).toEqual([
      'suites/s/ceph/b.yaml',
      'suites/s/ceph-thrash/d.yaml',
    ]);
  });

  test('is by code point', () => {
    const tree = { '%': '', '\u{1f40d}': files('x'), '\uffee': files('x'), Z: files('x'), a: files('x') };
    expect(descriptions(tree)).toEqual(['s/{Z/x a/x \uffee/x \u{1f40d}/x}']);
  });
});

describe('what counts', () => {
  test('hidden entries, other endings, disabled and empty directories do not', () => {
    const tree = {
      ...files('x'),
      '.hidden.yaml': '',
      '.qa': null,
      'y.yml': '',
      'z.YAML': '',
      'u.yaml.disable': '',
      'off.disable': files('q'),
      empty: {},
      'on.disabled': files('r'),
    };
    expect(descriptions(tree)).toEqual(['s/on.disabled/r', 's/x']);
  });

  test('`.yaml` is taken out of descriptions wherever it stands', () => {
    expect(descriptions({ 'x.yaml.d': files('a.yaml') })).toEqual(['s/x.d/a']);
  });

  test('a suite may be one file, with the suite as its description', () => {
    const source = fakeSuiteSource({ 'one.yaml': '' });
    const single = planSuite({ source, suite: 'one.yaml', seed: 0, subset: null, noNestedSubset: false });
    expect([...single.jobs()].map((job) => job.description)).toEqual(['one.yaml']);
  });

  test('a suite is named with `:` or `/`, in a folder of the source', () => {
    const source = fakeSuiteSource({ a: { b: files('x') } });
    for (const suite of ['a:b', 'a/b', 'a/b/']) {
      const choice = { source, suite, seed: 0, subset: null, noNestedSubset: false };
      expect([...planSuite(choice).jobs()].map((job) => job.description)).toEqual(['a:b/x']);
    }
  });
});

describe('a suite that makes no sense is refused with the path that must be mended', () => {
  test.each<[string, FakeTree, string, string]>([
    ['an empty list', { a: { README: '' } }, 'suites/s/a', 'AssertionError'],
    ['an empty product', { a: { '%': '', README: '' } }, 'suites/s/a', 'AssertionError'],
    ['nothing to pick', { a: { $: '', README: '' } }, 'suites/s/a', 'ValueError'],
    ['a dangling link', { a: { 'x.yaml': null } }, 'suites/s/a/x.yaml', 'OSError'],
    ['a % that is no number', { '%': '\n', a: files('x') }, 'suites/s/%', 'ValueError'],
    ['a % of zero', { '%': '0', a: files('x') }, 'suites/s/%', 'AssertionError'],
    ['a % that is a directory', { '%': {}, a: files('x') }, 'suites/s/%', 'IsADirectoryError'],
    [
      'a nested subset that leaves nothing',
      { a: { '%': '9', b: files('x') } },
      'suites/s',
      'ZeroDivisionError',
    ],
    ['no suite at all', {}, 'suites/s', 'AttributeError'],
  ])('%s', (_, tree, file, originalError) => {
    expect(() => plan(tree)).toThrow(expect.objectContaining({ file, originalError }));
    expect(() => plan(tree)).toThrow(file);
  });

  test('a missing suite and a path that leaves the suites', () => {
    expect(() => plan({}, { suite: 'nothing' })).toThrow('suites/nothing does not exist');
    expect(() => plan(files('x'), { suite: 's/../../etc' })).toThrow(SuitePathError);
  });

  test('before the first job, even when only a later job would show it', () => {
    const tree = {
      '%': '',
      f: files('1', '2'),
      n: { '%': '2', u: files('1', '2', '3'), v: files('1', '2') },
    };
    const outcomes = Array.from({ length: 20 }, (_, seed) => {
      try {
        return descriptions(tree, { seed }).length;
      } catch (error) {
        return error instanceof NestedSubsetError ? 'refused' : error;
      }
    });
    expect(new Set(outcomes)).toEqual(new Set([6, 'refused']));
    expect(descriptions(tree, { noNestedSubset: true })).toHaveLength(12);
  });
});

describe('subsets', () => {
  test.each([
    [2, 24],
    [5, 9],
    [7, 13],
    [50, 8],
  ])('of 1/%i have %i jobs', (of, jobs) => {
    expect(descriptions(three, { subset: { which: 1, of } })).toHaveLength(jobs);
  });

  test('0/1 and 0/0 are the whole suite, M from N on is refused', () => {
    for (const of of [0, 1]) expect(descriptions(three, { subset: { which: 0, of } })).toHaveLength(48);
    expect(() => plan(three, { subset: { which: 7, of: 7 } })).toThrow("subset '7/7'");
  });

  test('of enormous products are listed without listing the rest', () => {
    const facets = Array.from({ length: 40 }, (_, index) => [
      `f${String(index).padStart(2, '0')}`,
      files('a', 'b', 'c', 'd', 'e'),
    ]);
    const tree = { '%': '', ...Object.fromEntries(facets) } as FakeTree;
    expect(
      countJobs({
        source: fakeSuiteSource({ s: tree }),
        suite: 's',
        seed: 0,
        subset: null,
        noNestedSubset: false,
      }),
    ).toBe(5n ** 40n);
    const of = 5n ** 40n / 6n;
    const jobs = descriptions(tree, { subset: { which: of - 1n, of } });
    expect(new Set(jobs)).toHaveLength(6);
  });
});

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), {
  minLength: 1,
  maxLength: 5,
});
const fileList = names.map((list) => files(...list));
const facet = fc.letrec<{ directory: FakeTree }>((tie) => ({
  directory: fc.oneof(
    { maxDepth: 2 },
    fileList,
    fc
      .tuple(
        fc.constantFrom('', '', '%', '+', '$'),
        fc.array(tie('directory'), { minLength: 1, maxLength: 3 }),
        fileList,
      )
      .map(([magic, children, own]) => ({
        ...(magic === '' ? {} : { [magic]: '' }),
        ...own,
        ...Object.fromEntries(children.map((child, index) => [`d${index}`, child])),
      })),
  ),
})).directory;

describe('for any suite', () => {
  test('the count is what is listed, every time in the same way', () => {
    fc.assert(
      fc.property(facet, fc.nat(1000), fc.integer({ min: 1, max: 9 }), (tree, seed, of) => {
        const choice = { seed, subset: { which: of - 1, of } };
        const made = plan(tree, choice);
        fc.pre(made.size < 3000);
        const first = [...made.jobs()].map((job) => job.description);
        expect(first).toHaveLength(Number(made.size));
        expect([...made.jobs()].map((job) => job.description)).toEqual(first);
        expect(descriptions(tree, choice)).toEqual(first);
      }),
    );
  });

  test('without random picks, job i is item i, whatever was asked before', () => {
    fc.assert(
      fc.property(facet, fc.nat(10_000), (tree, at) => {
        const { matrix, jobs, size } = plan(tree);
        fc.pre(!matrix.random && size < 3000);
        const index = at % Number(size);
        const label = matrix.at(index).label.replaceAll('.yaml', '');
        expect([...jobs()][index]?.description).toBe(`s/${label}`);
      }),
    );
  });

  test('the seed only matters where something is picked', () => {
    fc.assert(
      fc.property(facet, fc.nat(1000), (tree, seed) => {
        const { matrix, size } = plan(tree);
        fc.pre(!matrix.random && size < 3000);
        expect(descriptions(tree, { seed })).toEqual(descriptions(tree));
      }),
    );
  });
});

describe('every fragment of a suite', () => {
  const paths = (plan: SuitePlan): Set<string> =>
    new Set([...plan.jobs()].flatMap((job) => job.fragments.map((fragment) => fragment.path)));
  const product = fc
    .array(fileList, { minLength: 1, maxLength: 4 })
    .map(
      (facets) =>
        ({ '%': '', ...Object.fromEntries(facets.map((list, index) => [`f${index}`, list])) }) as FakeTree,
    );

  test('is in each single subset of a product of lists', () => {
    fc.assert(
      fc.property(product, fc.integer({ min: 2, max: 12 }), fc.nat(100), (tree, of, which) => {
        const part = plan(tree, { subset: { which: which % of, of } });
        expect(paths(part)).toEqual(paths(plan(tree)));
      }),
    );
  });

  test('is in some subset of the family, when the suite shows everything often enough', () => {
    fc.assert(
      fc.property(facet, fc.integer({ min: 2, max: 6 }), (tree, of) => {
        const whole = plan(tree);
        fc.pre(!whole.matrix.random && whole.size < 500 && cyclicity(whole.matrix, 's') >= of);
        const family = Array.from({ length: of }, (_, which) => paths(plan(tree, { subset: { which, of } })));
        expect(new Set(family.flatMap((part) => [...part]))).toEqual(paths(whole));
      }),
    );
  });
});

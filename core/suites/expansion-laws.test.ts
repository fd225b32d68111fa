import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { luaMergeScripts } from '../../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { fakeSuiteSource } from '../../test/fixtures/fake-suite-source.ts';
import type { FakeTree } from '../../test/fixtures/fake-suite-source.ts';
import { deepMerge } from '../config/deep-merge.ts';
import { toPlain } from '../config/yaml-value.ts';
import type { YamlValue } from '../config/yaml-value.ts';
import { buildMatrix } from './build-matrix.ts';
import { FragmentError } from './errors.ts';
import { multiply, subtract } from './exact-int.ts';
import { expandSuite } from './expand.ts';
import type { ExpandedJob, Expansion } from './expand.ts';
import { pythonRandom } from './mersenne-twister.ts';
import { planSuite } from './plan.ts';

const value = fc.constantFrom('1', '[1]', '[2, x]', '{x: 1}', '{x: [1], y: 2}', '{y: {z: }}', '', 'yes');
const fragment = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3 }).map((map) =>
  Object.entries(map)
    .map(([key, text]) => `${key}: ${text}\n`)
    .join(''),
);
const list = fc.dictionary(fc.constantFrom('p.yaml', 'q.yaml', 'r.yaml', 's.yaml'), fragment, {
  minKeys: 1,
  maxKeys: 4,
});
const facets = fc.dictionary(fc.constantFrom('a', 'a-b', 'a.c', 'd', 'e'), list, { minKeys: 1, maxKeys: 4 });
const product = facets.map((each): FakeTree => ({ '%': '', ...each }));
const anyTree = fc.oneof(
  product,
  facets,
  facets.map((each): FakeTree => ({ '+': '', ...each })),
  fc.dictionary(fc.constantFrom('m', 'n'), product, { minKeys: 1 }),
);

function expansion(tree: FakeTree, more: Partial<Expansion> = {}): Expansion {
  const source = fakeSuiteSource({ s: tree });
  return {
    source,
    suite: 's',
    seed: 0,
    subset: null,
    noNestedSubset: false,
    yaml: pyYaml,
    scripts: luaMergeScripts(),
    ...more,
  };
}

/** The jobs up to the first failure, and its message. */
async function outcome(request: Expansion): Promise<{ jobs: ExpandedJob[]; failure: string | null }> {
  const jobs: ExpandedJob[] = [];
  try {
    for await (const job of expandSuite(request)) jobs.push(job);
  } catch (error) {
    if (!(error instanceof FragmentError)) throw error;
    return { jobs, failure: error.message };
  }
  return { jobs, failure: null };
}

describe('for any tree', () => {
  test('a product has every combination of its facets exactly once', () => {
    fc.assert(
      fc.property(product, (tree) => {
        const lists = Object.entries(tree).filter(([name]) => name !== '%') as [string, FakeTree][];
        const size = lists.reduce((count, [, files]) => count * Object.keys(files).length, 1);
        const jobs = [...planSuite(expansion(tree)).jobs()];
        const keys = jobs.map(({ fragments }) => fragments.map(({ path }) => path).join(' '));
        expect(keys).toHaveLength(size);
        expect(new Set(keys).size).toBe(size);
        for (const { fragments } of jobs) {
          expect(new Set(fragments.map(({ path }) => path.split('/')[2]))).toEqual(
            new Set(lists.map(([name]) => name)),
          );
        }
      }),
    );
  });

  test('the parts of a subset, one after the other, are the repeated suite without a rest shorter than their number', () => {
    fc.assert(
      fc.property(anyTree, fc.integer({ min: 2, max: 9 }), (tree, of) => {
        const parts = Array.from({ length: of }, (_, which) =>
          planSuite(expansion(tree, { subset: { which, of } })),
        );
        const listed = parts.flatMap((part) => [...part.jobs()].map(({ description }) => description));
        const walk = {
          source: fakeSuiteSource({ s: tree }),
          noNestedSubset: false,
          generator: pythonRandom(0),
        };
        const whole = buildMatrix(walk, { path: 'suites/s', name: '', parts: of });
        expect(whole).not.toBeNull();
        if (whole === null) return;
        const labels = listed.map((_, index) => `s/${whole.at(index).label.replaceAll('.yaml', '')}`);
        expect(listed).toEqual(labels);
        const rest = subtract(whole.size, multiply(parts[0]?.size ?? 0, of));
        expect(rest >= 0 && rest < of).toBe(true);
      }),
    );
  });

  test('a job is its fragments merged from left to right, and fails exactly where that does', async () => {
    await fc.assert(
      fc.asyncProperty(anyTree, async (tree) => {
        const request = expansion(tree);
        const { jobs, failure } = await outcome(request);
        for (const job of jobs)
          expect(withoutSection(job.config)).toEqual(toPlain(folded(request, job.fragments)));
        const planned = [...planSuite(request).jobs()];
        expect(failure === null).toBe(jobs.length === planned.length);
        const failing = planned.slice(jobs.length, jobs.length + 1);
        for (const { fragments } of failing) {
          const paths = fragments.map(({ path }) => path);
          expect(() => folded(request, paths)).toThrow('cannot merge');
        }
      }),
    );
  });

  test('one seed gives one outcome, random picks and scripts included', async () => {
    const script = 'teuthology:\n  postmerge: ["yaml.drawn = math.random(1000)"]\n';
    await fc.assert(
      fc.asyncProperty(list, fc.integer({ min: 0, max: 9999 }), async (files, seed) => {
        const tree: FakeTree = {
          '%': '',
          a: { 'x.yaml': script, 'y.yaml': '' },
          b: { p: { $: '', ...files }, 'q.yaml': '' },
        };
        const [first, second] = [
          await outcome(expansion(tree, { seed })),
          await outcome(expansion(tree, { seed })),
        ];
        expect(first.jobs.map(plainJob)).toEqual(second.jobs.map(plainJob));
        expect(first.failure).toBe(second.failure);
      }),
      { numRuns: 25 },
    );
  });
});

function plainJob({ config, ...job }: ExpandedJob): unknown {
  return { ...job, config: toPlain(config) };
}

function withoutSection(config: ExpandedJob['config']): unknown {
  return toPlain(new Map([...config].filter(([key]) => key !== 'teuthology')));
}

function folded({ source }: Expansion, paths: readonly string[]): YamlValue {
  return paths.map((path) => pyYaml.parse(source.read(path))).reduce<YamlValue>(deepMerge, new Map());
}

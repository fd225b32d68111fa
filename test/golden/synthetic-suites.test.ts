import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { directorySource } from '../../adapters/git/directory-source.ts';
import { SuiteError } from '../../core/suites/errors.ts';
import { planSuite } from '../../core/suites/plan.ts';
import type { SuiteChoice } from '../../core/suites/plan.ts';
import { describeWith } from '../requirements.ts';
import {
  expandAll,
  goldenExpansion,
  goldenLines,
  goldenSubset,
  originalErrorClass,
  scratchFolder,
  sha256,
  writeTree,
} from './golden-data.ts';
import type { GoldenFilters, GoldenTree } from './golden-data.ts';

interface Case {
  readonly name: string;
  readonly tree: GoldenTree;
  readonly runs: readonly Run[];
}
interface Run {
  readonly args: GoldenFilters & {
    readonly seed: number;
    readonly subset: readonly number[] | null;
    readonly no_nested_subset: boolean;
    readonly root?: string;
  };
  readonly expect: Expectation;
}
interface Expectation {
  readonly stage: 'ok' | 'matrix' | 'merge' | 'matrix-only';
  readonly error?: string;
  readonly generated?: number;
  readonly matrix?: readonly { readonly desc: string; readonly frags: readonly string[] }[];
  readonly jobs?: readonly { readonly desc: string; readonly sha256: string; readonly config: unknown }[];
  readonly descs?: readonly string[];
  readonly descs_sha256?: string;
}

describeWith(['shared'], 'made-up suites expand as the original expanded them', () => {
  const folder = scratchFolder();
  afterAll(() => folder[Symbol.dispose]());

  describe.each(goldenLines<Case>('synthetic.jsonl.gz'))('$name', ({ name, tree, runs }) => {
    const root = join(folder.path, name);
    writeTree(root, name, tree);
    const choice = ({ args }: Run): SuiteChoice => ({
      source: directorySource(root),
      suite: args.root === undefined ? name : `${name}/${args.root}`,
      seed: args.seed,
      subset: goldenSubset(args.subset),
      noNestedSubset: args.no_nested_subset,
    });

    test.each(runs)('lists its jobs with $args', (run) => {
      const { expect: expected } = run;
      if (expected.stage === 'matrix') {
        expect(matrixError(choice(run))).toBe(expected.error);
        return;
      }
      const jobs = [...planSuite(choice(run)).jobs()];
      expect(jobs).toHaveLength(expected.generated ?? Number.NaN);
      expect(planSuite(choice(run)).size).toBe(expected.generated);
      const suiteName = planSuite(choice(run)).suiteName;
      const descriptions = jobs.map((job) => job.description.slice(suiteName.length + 1));
      if (expected.descs !== undefined) expect(descriptions).toEqual(expected.descs);
      if (expected.descs_sha256 !== undefined) expect(sha256(descriptions.join('\n'))).toBe(expected.descs_sha256);
      if (expected.matrix === undefined) return;
      const listed = jobs.map((job, index) => ({
        desc: descriptions[index],
        frags: job.fragments.map((fragment) => `@ROOT@/${fragment.path}`),
      }));
      expect(listed).toEqual(expected.matrix);
    });

    test.each(runs.filter((run) => run.expect.stage !== 'matrix-only'))('merges its jobs with $args', async (run) => {
      const { expect: expected } = run;
      const { source, ...rest } = choice(run);
      const result = await expandAll(goldenExpansion(source, rest, run.args));
      expect(result.error).toBe(expected.error === undefined ? null : originalErrorClass(expected.error));
      const jobs = result.descriptions.map((desc, index) => ({
        desc,
        config: JSON.parse(result.configs[index] ?? '') as unknown,
        sha256: sha256(result.configs[index] ?? ''),
      }));
      expect(jobs).toEqual(expected.jobs ?? []);
    });
  });
});

function matrixError(choice: SuiteChoice): string | null {
  try {
    planSuite(choice);
    return null;
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error;
    return error.originalError;
  }
}

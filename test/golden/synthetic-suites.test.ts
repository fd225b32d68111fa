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

    const titled = runs.map((run) => ({ ...run, title: JSON.stringify(run.args) }));

    test.each(titled)('lists its jobs with $title', (run) => {
      const { stage, error, generated, matrix, descs, descs_sha256: hash } = run.expect;
      const expected = stage === 'matrix' ? { error } : defined({ generated, matrix, descs, hash });
      expect(listing(choice(run))).toMatchObject(expected);
    });

    test.each(titled.filter((run) => run.expect.stage !== 'matrix-only'))(
      'merges its jobs with $title',
      async (run) => {
        const { source, ...rest } = choice(run);
        const result = await expandAll(goldenExpansion(source, rest, run.args));
        const jobs = result.descriptions.map((desc, index) => ({
          desc,
          config: JSON.parse(result.configs[index] ?? '') as unknown,
          sha256: sha256(result.configs[index] ?? ''),
        }));
        const { error, jobs: expected } = run.expect;
        expect({ jobs, error: result.error }).toEqual({
          jobs: expected ?? [],
          error: error === undefined ? null : originalErrorClass(error),
        });
      },
    );
  });
});

/** What the matrix alone says, in the form in which it was recorded; only its error when it has one. */
function listing(choice: SuiteChoice): unknown {
  try {
    const plan = planSuite(choice);
    const jobs = [...plan.jobs()];
    const descs = jobs.map((job) => job.description.slice(plan.suiteName.length + 1));
    const matrix = jobs.map((job, index) => ({
      desc: descs[index],
      frags: job.fragments.map((fragment) => `@ROOT@/${fragment.path}`),
    }));
    return {
      error: null,
      generated: plan.size,
      listed: jobs.length,
      matrix,
      descs,
      hash: sha256(descs.join('\n')),
    };
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error;
    return { error: error.originalError };
  }
}

/** Only what was recorded of a run. */
function defined(expected: { generated: number | undefined; [key: string]: unknown }): object {
  const known = Object.entries(expected).filter(([, value]) => value !== undefined);
  return { error: null, listed: expected.generated, ...Object.fromEntries(known) };
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { directorySource } from '../../adapters/git/directory-source.ts';
import type { SuiteSource } from '../../core/ports/suite-source.ts';
import { countJobs, planSuite } from '../../core/suites/plan.ts';
import { describeWith } from '../requirements.ts';
import {
  expandAll,
  goldenExpansion,
  goldenLines,
  goldenSubset,
  realSuiteFiles,
  scratchFolder,
  sha256,
  unpackRealSuites,
} from './golden-data.ts';
import type { GoldenFilters } from './golden-data.ts';

interface SuiteLine {
  readonly t: 'suite';
  readonly suite: string;
  readonly matrix: { readonly size?: number; readonly minscanlen?: number; readonly error?: string };
}
interface JobLine {
  readonly t: 'job';
  readonly frags: readonly string[];
  readonly sha256: string;
}
interface RunLine {
  readonly t: 'run';
  readonly suite: string;
  readonly subset: string | null;
  readonly seed: number;
  readonly no_nested_subset: boolean;
  readonly generated: number;
  readonly count: number;
  readonly descs: readonly string[];
  readonly configs_sha256?: string;
  readonly sha256?: readonly string[];
  readonly error?: string;
}
interface FilterLine extends Omit<RunLine, 't'> {
  readonly t: 'filter';
  readonly args: GoldenFilters;
}

describeWith(['shared'], 'the suites of Ceph expand as the original expanded them', () => {
  const folder = scratchFolder();
  let source: SuiteSource;
  beforeAll(() => {
    unpackRealSuites(folder.path);
    source = directorySource(folder.path);
  });
  afterAll(() => folder[Symbol.dispose]());

  const choiceOf = (run: RunLine | FilterLine) => ({
    suite: run.suite,
    seed: run.seed,
    subset: goldenSubset(run.subset),
    noNestedSubset: run.no_nested_subset ?? false,
  });

  /** What a run gave, in the form in which it was recorded. */
  async function outcome(run: RunLine | FilterLine, args: GoldenFilters) {
    const result = await expandAll(goldenExpansion(source, choiceOf(run), args));
    const hashes = result.configs.map(sha256);
    const generated = countJobs({ source, ...choiceOf(run) });
    return { ...result, generated, hashes, hash: sha256(hashes.join('\n')) };
  }

  const recorded = (run: RunLine | FilterLine) => ({
    error: null,
    generated: run.generated,
    descriptions: run.descs,
    hash: run.configs_sha256 ?? sha256((run.sha256 ?? []).join('\n')),
  });

  describe.each(realSuiteFiles())('%s', (file) => {
    const lines = goldenLines<SuiteLine | JobLine | RunLine>(file);
    const jobs = new Map<string, string>();
    for (const line of lines) if (line.t === 'job') jobs.set(line.frags.join('\n'), line.sha256);

    test.each(lines.filter((line) => line.t === 'run'))('$suite $subset', async (run) => {
      const result = await outcome(run, {});
      expect(result).toMatchObject(recorded(run));
      expect(result.fragments.map((fragments) => jobs.get(fragments.join('\n')))).toEqual(result.hashes);
    });

    test.each(lines.filter((line) => line.t === 'suite'))('the matrix of $suite', ({ suite, matrix }) => {
      const { size, scanLength } = planSuite({
        source,
        suite,
        seed: 0,
        subset: null,
        noNestedSubset: false,
      }).matrix;
      expect({ size, scanLength }).toEqual({ size: matrix.size, scanLength: matrix.minscanlen });
    });
  });

  test.each(goldenLines<RunLine>('facets.jsonl.gz'))('facet $suite $subset', async (run) => {
    expect(await outcome(run, {})).toMatchObject(recorded(run));
  });

  test.each(goldenLines<FilterLine>('filters.jsonl.gz'))('filters $args on $suite', async (run) => {
    expect(await outcome(run, run.args)).toMatchObject(recorded(run));
  });
});

import type { SuiteSource } from '../ports/suite-source.ts';
import { buildMatrix } from './build-matrix.ts';
import { EmptyFacetError, SuitePathError } from './errors.ts';
import type { Int } from './exact-int.ts';
import { joinPath } from './matrix.ts';
import type { Fragment, Matrix } from './matrix.ts';
import { pythonRandom } from './mersenne-twister.ts';
import type { PythonRandom } from './mersenne-twister.ts';
import { sliceMatrix } from './stretch.ts';
import type { Subset } from './subset.ts';

/** Which jobs of which suite. */
export interface SuiteChoice {
  readonly source: SuiteSource;
  /** The path below `suites`, with `/` or `:` between its parts. */
  readonly suite: string;
  /** The folder of the source that holds `suites`, `''` for its root. */
  readonly folder?: string;
  /** The folder or file of the source to expand, wherever it is; `suite` is then only its name. */
  readonly at?: string;
  readonly seed: Int;
  readonly subset: Subset | null; // null = all of it
  readonly noNestedSubset: boolean;
}

/** A suite's jobs before anything is merged. */
export interface SuitePlan {
  /** With `:` between its parts; the first part of every description. */
  readonly suiteName: string;
  /** How many jobs there are before filters; known without making any. */
  readonly size: Int;
  readonly matrix: Matrix;
  /** The jobs in order, made one at a time. Each call starts anew with the same random numbers. */
  jobs(): Generator<PlannedJob>;
}

export interface PlannedJob {
  readonly description: string;
  readonly fragments: readonly Fragment[]; // in merge order
}

/**
 * Reads the suite's directories and works out its matrix. Throws SuiteError for a tree that makes no sense, also for one whose
 * fault would only show at a later job: no job is given out of a suite that cannot be listed to its end.
 */
export function planSuite(choice: SuiteChoice): SuitePlan {
  const parts = choice.suite.split(/[/:]/).filter((part) => part !== '');
  if (parts.includes('..') || parts.includes('.')) {
    throw new SuitePathError({ file: choice.suite, reason: 'is not the name of a suite' });
  }
  const path = choice.at ?? [choice.folder ?? '', 'suites', ...parts].filter((part) => part !== '').join('/');
  const generator = restartable(pythonRandom(choice.seed));
  const matrix = rootMatrix(choice, path, generator);
  const drawn = generator.snapshot();
  const suiteName = parts.join(':');
  function* jobs(): Generator<PlannedJob> {
    generator.restart(drawn);
    for (let index = 0; index < matrix.size; index++) {
      const { label, fragments } = matrix.at(index);
      yield { description: joinPath(suiteName, label.replaceAll('.yaml', '')), fragments };
    }
  }
  if (matrix.throws === 'inside') for (const _ of jobs());
  return { suiteName, size: matrix.size, matrix, jobs };
}

/** How many jobs `planSuite` would list. */
export function countJobs(choice: SuiteChoice): Int {
  return planSuite(choice).size;
}

function rootMatrix(choice: SuiteChoice, path: string, generator: PythonRandom): Matrix {
  const { source, noNestedSubset, subset } = choice;
  const cut = subset !== null && subset.of > 1 ? subset : null;
  const walk = { source, noNestedSubset, generator };
  const matrix = buildMatrix(walk, { path, name: '', parts: cut === null ? 0 : cut.of });
  if (matrix === null) {
    const reason = 'is no suite: it is empty, hidden, disabled or not a .yaml file';
    throw new EmptyFacetError({ file: path, reason, originalError: 'AttributeError' });
  }
  return cut === null ? matrix : sliceMatrix({ matrix, subset: cut, file: path });
}

interface RestartableRandom extends PythonRandom {
  snapshot(): PythonRandom;
  restart(from: PythonRandom): void;
}

/** The matrix keeps one generator for good; this lets it be set back, so that the jobs can be listed more than once. */
function restartable(first: PythonRandom): RestartableRandom {
  let current = first;
  return {
    below: (bound) => current.below(bound),
    clone: () => current.clone(),
    snapshot: () => current.clone(),
    restart: (from) => {
      current = from.clone();
    },
  };
}

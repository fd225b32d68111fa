import type { SuiteSource } from '../../ports/suite-source.ts';
import { buildMatrix } from '../build-matrix.ts';
import { multiply } from '../exact-int.ts';
import type { Int } from '../exact-int.ts';
import { joinPath } from '../matrix.ts';
import type { Fragment, Matrix, Selection } from '../matrix.ts';
import { pythonRandom } from '../mersenne-twister.ts';
import { sliceMatrix } from '../stretch.ts';
import type { Subset } from '../subset.ts';

/** The jobs of a suite, to be looked at without merging any. */
export interface Combinations {
  readonly whole: Matrix; // repeated for the subset, if there is one
  readonly part: Matrix; // what the subset leaves; the whole without one
  readonly isSampled: boolean;
  readonly looked: number; // how many of the part `jobs` gives
  jobs(): Generator<Combination>;
}

export interface Combination {
  readonly description: string;
  readonly fragments: readonly Fragment[];
}

/**
 * Prepares to look at no more than `limit` jobs. Of a larger suite one half are the first ones, which show every fragment early, the
 * other half are drawn. Without a subset nested ones are left out, since by their seed they may give any of their jobs. Throws SuiteError.
 */
export function combinationsOf(params: {
  source: SuiteSource;
  suite: string; // its path below the source
  name: string; // as descriptions begin
  subset: Subset | null;
  limit: number;
}): Combinations {
  const { source, suite, limit } = params;
  const subset = params.subset !== null && params.subset.of > 1 ? params.subset : null;
  const walk = { source, noNestedSubset: subset === null, generator: pythonRandom(0) };
  const whole = buildMatrix(walk, { path: suite, name: '', parts: subset?.of ?? 0 });
  if (whole === null) throw new Error(`${suite} has no jobs, which its tree should have told`);
  const part = subset === null ? whole : sliceMatrix({ matrix: whole, subset, file: suite });
  const isSampled = part.size > limit;
  const looked = isSampled ? limit : Number(part.size);
  function* jobs(): Generator<Combination> {
    for (const index of indices({ size: part.size, looked, isSampled })) {
      yield described(params.name, part.at(index));
    }
  }
  return { whole, part, isSampled, looked, jobs };
}

function* indices(params: { size: Int; looked: number; isSampled: boolean }): Generator<Int> {
  const inOrder = params.isSampled ? Math.ceil(params.looked / 2) : params.looked;
  for (let index = 0; index < inOrder; index++) yield index;
  const generator = pythonRandom(1);
  for (let drawn = inOrder; drawn < params.looked; drawn++) yield generator.below(params.size);
}

function described(suite: string, { label, fragments }: Selection): Combination {
  return { description: joinPath(suite, label.replaceAll('.yaml', '')), fragments };
}

/** How many jobs of the repeated suite no part of the subset has. */
export function leftoverOf({ whole, part }: Combinations, subset: Subset): Int {
  return Number(BigInt(whole.size) - BigInt(multiply(part.size, subset.of)));
}

import type { Int } from './exact-int.ts';

/** A YAML file of a suite; there is one object for each, so that fragments can be compared by identity. */
export interface Fragment {
  readonly path: string; // below the suite's root
}

/** One job as the matrix sees it: its description before `.yaml` is taken out, and its fragments in merge order. */
export interface Selection {
  readonly label: string;
  readonly fragments: readonly Fragment[];
}

/**
 * The jobs that a directory (or file) of a suite stands for, as a function of an index; nothing is stored for each job.
 * The index may lie outside `[0, size)`: the largest factor of a product is handed whatever its parent was.
 */
export interface Matrix {
  readonly size: Int;
  /** How many consecutive items surely show each fragment at least once. */
  readonly scanLength: Int;
  /** Where the items of this entry stand among those of its siblings in a description. */
  readonly sortKey: string;
  /** Whether items are drawn at random, so that each call moves the generator. */
  readonly random: boolean;
  /** Which calls of `at` may throw: none, those with an index outside `[0, size)`, or any. */
  readonly throws: 'never' | 'outside' | 'inside';
  at(index: Int): Selection;
}

/** What a file stands for: itself. */
export function fileMatrix(name: string, fragment: Fragment): Matrix {
  const selection: Selection = { label: name, fragments: [fragment] };
  return { size: 1, scanLength: 1, sortKey: name, random: false, throws: 'never', at: () => selection };
}

/** POSIX path join, for the parts of a description: an empty side adds nothing. */
export function joinPath(parent: string, child: string): string {
  if (child === '') return parent;
  return parent === '' ? child : `${parent}/${child}`;
}

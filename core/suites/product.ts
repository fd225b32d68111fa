import { compareCodePoints } from '../config/code-point-order.ts';
import { EmptyFacetError, NestedSubsetError } from './errors.ts';
import {
  add,
  compare,
  floorDivide,
  greatestCommonDivisor,
  larger,
  modulo,
  multiply,
  smaller,
  subtract,
} from './exact-int.ts';
import type { Int } from './exact-int.ts';
import { joinPath } from './matrix.ts';
import type { Fragment, Matrix, Selection } from './matrix.ts';

/** A factor of a product together with the constants of its walk. */
interface Factor {
  readonly matrix: Matrix;
  readonly entry: number; // its place among the directory's entries
  readonly size: Int;
  readonly period: Int; // after so many items the rest starts over
  readonly shifts: Int; // how many shifted walks cover all pairs with the rest
}

/**
 * Every combination of one item from each child, in an order that shows all items of every child early: all children step
 * together, each modulo its size, and whenever they would repeat, the smaller one is shifted by one.
 */
export function productMatrix(params: { name: string; file: string; children: readonly Matrix[] }): Matrix {
  const { name, children } = params;
  if (children.length === 0) {
    throw new EmptyFacetError({
      file: params.file,
      reason: 'is a product (it holds %), but nothing in it counts as a fragment',
      originalError: 'AssertionError',
    });
  }
  const factors = orderFactors(children);
  const size = children.reduce<Int>((product, child) => multiply(product, child.size), 1);
  if (size === 0) throw emptyFactor(params.file);
  const last = factors.at(-1)!.matrix;
  const places = descriptionOrder(children);
  const longest = children.reduce<Int>((longest, child) => larger(longest, child.scanLength), 0);
  return {
    size,
    scanLength: smaller(size, add(longest, 1)),
    sortKey: `${name}/`,
    random: children.some((child) => child.random),
    throws:
      children.some((child) => child.throws === 'inside') || last.throws === 'outside' ? 'inside' : 'never',
    at: (index) => combine({ name, places, selections: select(factors, index) }),
  };
}

/** Ascending by size, entries of one size in their order; each with what it needs to know of all larger ones. */
function orderFactors(children: readonly Matrix[]): Factor[] {
  const ordered = children
    .map((matrix, entry) => ({ matrix, entry }))
    .sort((a, b) => compare(a.matrix.size, b.matrix.size) || a.entry - b.entry);
  const factors: Factor[] = [];
  let rest: Int = 1;
  for (const { matrix, entry } of ordered.toReversed()) {
    const shifts = matrix.size === 0 ? 0 : greatestCommonDivisor(rest, matrix.size);
    const period = shifts === 0 ? 0 : floorDivide(multiply(rest, matrix.size), shifts);
    factors.unshift({ matrix, entry, size: matrix.size, period, shifts });
    rest = multiply(rest, matrix.size);
  }
  return factors;
}

/** The item of each child, by entry. Factors are asked from the smallest up, which is the order of random draws. */
function select(factors: readonly Factor[], index: Int): Selection[] {
  const selections: Selection[] = Array.from({ length: factors.length });
  const last = factors.length - 1;
  for (let i = 0; i < last; i++) {
    const factor = factors[i]!;
    const shift = factor.shifts === 1 ? 0 : modulo(floorDivide(index, factor.period), factor.shifts);
    selections[factor.entry] = factor.matrix.at(modulo(subtract(index, shift), factor.size));
  }
  // The largest factor gets the index as it is; it wraps around by itself.
  selections[factors[last]!.entry] = factors[last]!.matrix.at(index);
  return selections;
}

/**
 * The entries in the order in which a description shows them. It is the same for all items: what follows an entry's
 * own name can never decide, since no name holds a slash.
 */
function descriptionOrder(children: readonly Matrix[]): number[] {
  return children
    .map((_, entry) => entry)
    .sort((a, b) => compareCodePoints(children[a]!.sortKey, children[b]!.sortKey));
}

/** Fragments follow the order of the entries, which is merge order; the description has an order of its own. */
function combine(params: {
  name: string;
  places: readonly number[];
  selections: readonly Selection[];
}): Selection {
  let inner = '';
  for (const entry of params.places) {
    const { label } = params.selections[entry]!;
    inner = inner === '' ? label : `${inner} ${label}`;
  }
  const fragments: Fragment[] = [];
  for (const selection of params.selections) {
    for (const fragment of selection.fragments) fragments.push(fragment);
  }
  return { label: joinPath(params.name, `{${inner}}`), fragments };
}

function emptyFactor(file: string): NestedSubsetError {
  return new NestedSubsetError({
    file,
    reason:
      'a nested subset below cuts its facet into more parts than it has jobs, so nothing is left to combine',
    originalError: 'ZeroDivisionError',
  });
}

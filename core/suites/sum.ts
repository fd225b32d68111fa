import { EmptyFacetError, NestedSubsetError } from './errors.ts';
import { add, floorDivide, greatestCommonDivisor, larger, modulo, multiply, subtract } from './exact-int.ts';
import type { Int } from './exact-int.ts';
import { joinPath } from './matrix.ts';
import type { Matrix, Selection } from './matrix.ts';
import { interleaving } from './interleaving.ts';

/** All items of all children, each child's spread evenly over the whole, so that any stretch has its share of every child. */
export function sumMatrix(params: { name: string; file: string; children: readonly Matrix[] }): Matrix {
  const { name, children } = params;
  if (children.length === 0) {
    throw new EmptyFacetError({
      file: params.file,
      reason: 'has entries, but nothing in it counts as a fragment',
      originalError: 'AssertionError',
    });
  }
  const sizes = children.map((child) => child.size);
  if (sizes.includes(0)) {
    throw new NestedSubsetError({
      file: params.file,
      reason: 'a nested subset below cuts its facet into more parts than it has jobs',
      originalError: 'ZeroDivisionError',
    });
  }
  const size = sizes.reduce(add);
  const pairs = interleaving(sizes);
  const singles = children.map((child) => single(name, child));
  return {
    size,
    scanLength: scanLength(children),
    sortKey: `${name}/`,
    random: children.some((child) => child.random),
    throws: children.some((child) => child.throws === 'inside') ? 'inside' : 'never',
    at: (index) => {
      const { child, item } = pairs.at(modulo(index, size));
      return singles[child] ?? below(name, children[child]!.at(item));
    },
  };
}

/** A child that always gives the same item is asked once; null for others. */
function single(name: string, child: Matrix): Selection | null {
  if (child.size !== 1 || child.random || child.throws === 'inside') return null;
  return below(name, child.at(0));
}

function below(name: string, selection: Selection): Selection {
  return name === '' ? selection : { label: joinPath(name, selection.label), fragments: selection.fragments };
}

/**
 * How far one must look to have seen every child through once. With all children laid on one ruler of length
 * lcm(sizes) * n, item k of child j stands at j + k * (length / size of j); counted are the items up to the mark
 * where the slowest child has shown everything.
 */
function scanLength(children: readonly Matrix[]): Int {
  const common = children.map((child) => child.size).reduce((a, b) => lcm(a, b));
  const ruler = multiply(common, children.length);
  const mark = children
    .map((child) => floorDivide(multiply(child.scanLength, ruler), child.size))
    .reduce(larger);
  let count: Int = 0;
  for (const [place, child] of children.entries()) {
    if (mark < place) continue;
    count = add(count, add(floorDivide(multiply(subtract(mark, place), child.size), ruler), 1));
  }
  return subtract(count, 1);
}

function lcm(a: Int, b: Int): Int {
  return multiply(floorDivide(a, greatestCommonDivisor(a, b)), b);
}

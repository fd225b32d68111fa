import { NestedSubsetError, SubsetError } from './errors.ts';
import { add, ceilDivide, floorDivide, modulo, multiply } from './exact-int.ts';
import type { Int } from './exact-int.ts';
import type { Matrix } from './matrix.ts';
import type { Subset } from './subset.ts';

/** How often a matrix shows each of its fragments: what a subset may cut it by without losing any. */
export function cyclicity(matrix: Matrix, file: string): Int {
  if (matrix.scanLength === 0) {
    throw new NestedSubsetError({
      file,
      reason: 'a nested subset cuts this facet into more parts than it has jobs',
      originalError: 'ZeroDivisionError',
    });
  }
  return floorDivide(matrix.size, matrix.scanLength);
}

/** The matrix, repeated as often as it must be to be cut into `wanted` parts that each show everything. */
export function cycleMatrix(params: { matrix: Matrix; wanted: Int; file: string }): Matrix {
  const { matrix, wanted } = params;
  const present = cyclicity(matrix, params.file);
  if (present >= wanted) return matrix;
  if (present === 0) {
    throw new NestedSubsetError({
      file: params.file,
      reason: 'a nested subset leaves no jobs here, which no repetition can make up for',
      originalError: 'ZeroDivisionError',
    });
  }
  return {
    ...matrix,
    size: multiply(matrix.size, ceilDivide(wanted, present)),
    throws: matrix.throws === 'outside' ? 'never' : matrix.throws,
    at: (index) => matrix.at(modulo(index, matrix.size)),
  };
}

/** One of `of` equal slices. An index outside its size reads the neighbouring slices, and throws past the last one. */
export function sliceMatrix(params: { matrix: Matrix; subset: Subset; file: string }): Matrix {
  const { matrix, subset } = params;
  if (subset.which >= subset.of) {
    throw new SubsetError({
      subset: `${subset.which}/${subset.of}`,
      reason: 'the first number counts from 0 and must be below the second',
      originalError: 'AssertionError',
    });
  }
  const size = floorDivide(matrix.size, subset.of);
  const offset = multiply(subset.which, size);
  return {
    ...matrix,
    size,
    throws: matrix.throws === 'inside' ? 'inside' : 'outside',
    at: (index) => {
      const shifted = add(index, offset);
      if (shifted >= matrix.size) throw outsideSlice(params.file);
      return matrix.at(shifted);
    },
  };
}

function outsideSlice(file: string): NestedSubsetError {
  return new NestedSubsetError({
    file,
    reason:
      'this nested subset is the largest factor of the product around it, which asks it for jobs past its end; ' +
      'another seed may do, and --no-nested-subset does',
    originalError: 'AssertionError',
  });
}

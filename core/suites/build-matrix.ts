import type { SuiteSource } from '../ports/suite-source.ts';
import { concatMatrix, pickMatrix } from './concat.ts';
import { SuitePathError, NestedSubsetError } from './errors.ts';
import { multiply } from './exact-int.ts';
import type { Int } from './exact-int.ts';
import { fileMatrix, joinPath } from './matrix.ts';
import type { Matrix } from './matrix.ts';
import type { PythonRandom } from './mersenne-twister.ts';
import { productMatrix } from './product.ts';
import { cycleMatrix, sliceMatrix } from './stretch.ts';
import { parsePythonInt } from './subset.ts';
import { sumMatrix } from './sum.ts';

/** What holds for a whole walk over a suite's directories. */
export interface MatrixWalk {
  readonly source: SuiteSource;
  readonly noNestedSubset: boolean;
  readonly generator: PythonRandom;
}

interface Entry {
  readonly path: string; // below the source's root
  readonly name: string; // '' for the suite's own directory
  readonly parts: Int; // into how many parts the result will be cut; 0 = it will not
}

/** The matrix of a file or directory and all below it, or null when it does not count: hidden, disabled, empty, not YAML. */
export function buildMatrix(walk: MatrixWalk, entry: Entry): Matrix | null {
  const baseName = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  if (baseName.startsWith('.')) return null;
  const kind = walk.source.stat(entry.path);
  if (kind === null) throw new SuitePathError({ file: entry.path, reason: 'does not exist' });
  if (kind === 'broken')
    throw new SuitePathError({ file: entry.path, reason: 'is a link that leads nowhere' });
  if (kind === 'file') {
    return baseName.endsWith('.yaml') ? fileMatrix(entry.name, { path: entry.path }) : null;
  }
  if (baseName.endsWith('.disable')) return null;
  const names = walk.source.list(entry.path);
  return names.length === 0 ? null : directoryMatrix(walk, entry, names);
}

/** A directory's kind is told by the magic names in it: `+` before `$` before `%`, and a plain list without any. */
function directoryMatrix(walk: MatrixWalk, entry: Entry, names: readonly string[]): Matrix {
  const { name, path: file } = entry;
  const children = (parts: Int, ...magic: string[]): Matrix[] =>
    names
      .filter((child) => !magic.includes(child))
      .map((child) => buildMatrix(walk, { path: joinPath(entry.path, child), name: child, parts }))
      .filter((child) => child !== null);
  if (names.includes('+')) return concatMatrix({ name, children: children(entry.parts, '+') });
  if (names.includes('$') || file.endsWith('$')) {
    return pickMatrix({ name, file, children: children(entry.parts, '$', '%'), generator: walk.generator });
  }
  if (names.includes('%')) return nestedProduct(walk, entry, () => children(0, '%'));
  const items = children(entry.parts).map((matrix) => cycleMatrix({ matrix, wanted: entry.parts, file }));
  return sumMatrix({ name, file, children: items });
}

/** A product, repeated until it may be cut by its own `%` and by the subset around it, then cut by its own. */
function nestedProduct(walk: MatrixWalk, entry: Entry, children: () => Matrix[]): Matrix {
  const divisions = readDivisions(walk, joinPath(entry.path, '%'));
  const file = entry.path;
  const product = productMatrix({ name: entry.name, file, children: children() });
  const matrix = cycleMatrix({ matrix: product, wanted: multiply(entry.parts, divisions), file });
  if (divisions === 1) return matrix;
  return sliceMatrix({ matrix, subset: { which: walk.generator.below(divisions), of: divisions }, file });
}

function readDivisions(walk: MatrixWalk, file: string): Int {
  const kind = walk.source.stat(file);
  if (kind !== 'file') {
    const originalError = kind === 'directory' ? 'IsADirectoryError' : 'FileNotFoundError';
    throw new SuitePathError({ file, reason: 'must be a file', originalError });
  }
  const text = walk.source.read(file);
  if (walk.noNestedSubset || text === '') return 1;
  const divisions = parsePythonInt(text);
  const said = JSON.stringify(text);
  if (divisions === null) {
    throw new NestedSubsetError({
      file,
      reason: `must be empty or hold a whole number, but holds ${said} (--no-nested-subset ignores it)`,
      originalError: 'ValueError',
    });
  }
  if (divisions <= 0) {
    const reason = `cannot cut a product into ${said} parts`;
    throw new NestedSubsetError({ file, reason, originalError: 'AssertionError' });
  }
  return divisions;
}

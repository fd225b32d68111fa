import type { SuiteSource } from '../../ports/suite-source.ts';
import { buildMatrix } from '../build-matrix.ts';
import { multiply } from '../exact-int.ts';
import { pythonRandom } from '../mersenne-twister.ts';
import type { Subset } from '../subset.ts';
import { leftoverOf } from './combinations.ts';
import type { Combinations } from './combinations.ts';
import { related } from './finding.ts';
import type { RawFinding } from './finding.ts';
import type { DirectoryNode, FragmentNode, SuiteNode } from './suite-tree.ts';

/** All fragments of a tree. */
export function fragmentsBelow(node: SuiteNode): FragmentNode[] {
  return node.kind === 'fragment' ? [node] : node.children.flatMap(fragmentsBelow);
}

/** Fragments that no draw can reach: a pick asks its n-th entry for that entry's n-th item, never for another one. */
export function unusedFragments(source: SuiteSource, root: SuiteNode): RawFinding[] {
  const blamed = new Set<string>();
  return picksBelow(root).flatMap((pick) =>
    pick.children.flatMap((child, place) => {
      const used = itemOf(source, child, place);
      if (used === null) return [];
      const unused = fragmentsBelow(child).filter(({ path }) => !used.has(path) && !blamed.has(path));
      return unused.map(({ path }) => {
        blamed.add(path);
        const sentence = `no job has it: ${pick.path} picks an entry, and of entry ${place} (${child.name}) it only ever takes item ${place}`;
        return {
          rule: 'unused-fragment',
          file: path,
          line: null,
          sentence,
          related: [related(pick.path, 'the pick')],
        } as const;
      });
    }),
  );
}

/** The fragments of the one item that a pick can take of a directory; null where any fragment may come. */
function itemOf(source: SuiteSource, child: SuiteNode, place: number): ReadonlySet<string> | null {
  if (child.kind === 'fragment' || picksBelow(child).length > 0) return null;
  const walk = { source, noNestedSubset: true, generator: pythonRandom(0) };
  const matrix = buildMatrix(walk, { path: child.path, name: child.name, parts: 0 });
  return matrix === null ? null : new Set(matrix.at(place).fragments.map(({ path }) => path));
}

function picksBelow(node: SuiteNode): DirectoryNode[] {
  if (node.kind === 'fragment') return [];
  const inner = node.children.flatMap(picksBelow);
  return node.kind === 'pick' ? [node, ...inner] : inner;
}

/** What part `which` of a subset does not show, and what none of its parts does. Exact; null when there are too many jobs to look at. */
export function subsetFindings(params: {
  root: SuiteNode;
  combinations: Combinations;
  subset: Subset;
  limit: number;
}): RawFinding[] | null {
  const { root, combinations, subset, limit } = params;
  const leftover = leftoverFindings(root, combinations, subset);
  if (combinations.isSampled) return leftover.length === 0 ? null : leftover;
  const shown = new Set(
    picksBelow(root)
      .flatMap(fragmentsBelow)
      .map(({ path }) => path),
  );
  for (const { fragments } of combinations.jobs()) for (const { path } of fragments) shown.add(path);
  const missing = fragmentsBelow(root).filter(({ path }) => !shown.has(path));
  if (missing.length === 0) return leftover;
  const elsewhere = pathsOfAllParts(combinations, subset, limit);
  const part = `part ${subset.which}/${subset.of}`;
  const gaps = missing.map(({ path }): RawFinding => {
    const other =
      elsewhere === null
        ? ''
        : elsewhere.has(path)
          ? ', though another part has it'
          : ', nor has any other part';
    return {
      rule: 'subset-gap',
      file: path,
      line: null,
      sentence: `no job of ${part} has it${other}`,
      related: [],
    };
  });
  return [...leftover, ...gaps];
}

function leftoverFindings(root: SuiteNode, combinations: Combinations, subset: Subset): RawFinding[] {
  const leftover = leftoverOf(combinations, subset);
  if (leftover === 0) return [];
  const { whole, part } = combinations;
  const sentence = `${leftover} of ${whole.size} jobs belong to no part: ${subset.of} parts of ${part.size} leave the last ones out`;
  return [{ rule: 'subset-leftover', file: root.path, line: null, sentence, related: [] }];
}

function pathsOfAllParts(combinations: Combinations, subset: Subset, limit: number): Set<string> | null {
  const end = multiply(combinations.part.size, subset.of);
  if (end > limit) return null;
  const paths = new Set<string>();
  for (let index = 0; index < end; index++) {
    for (const { path } of combinations.whole.at(index).fragments) paths.add(path);
  }
  return paths;
}

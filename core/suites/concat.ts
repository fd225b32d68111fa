import { compareCodePoints } from '../config/code-point-order.ts';
import { EmptyFacetError } from './errors.ts';
import { joinPath } from './matrix.ts';
import type { Fragment, Matrix, Selection } from './matrix.ts';
import type { PythonRandom } from './mersenne-twister.ts';

/** One job that has everything: every item of every child at once. */
export function concatMatrix(params: { name: string; children: readonly Matrix[] }): Matrix {
  const { name, children } = params;
  const random = children.some((child) => child.random);
  const throws = children.some((child) => child.throws === 'inside') ? 'inside' : 'never';
  let known: Selection | null = null;
  return {
    size: 1,
    scanLength: 1,
    sortKey: `${name}/`,
    random,
    throws,
    at: () => {
      if (random) return gather(name, children);
      known ??= gather(name, children);
      return known;
    },
  };
}

/** One child, drawn anew for each job. Empty directories of this kind only fail when they are asked. */
export function pickMatrix(params: {
  name: string;
  file: string;
  children: readonly Matrix[];
  generator: PythonRandom;
}): Matrix {
  const { name, children, generator } = params;
  return {
    size: 1,
    scanLength: 1,
    sortKey: `${name}/`,
    random: true,
    throws: children.length === 0 || children.some((child) => child.throws !== 'never') ? 'inside' : 'never',
    at: () => {
      if (children.length === 0) throw nothingToPick(params.file);
      const drawn = Number(generator.below(children.length));
      // The chosen child is asked for the item of its own place in the list: compatible, if odd.
      const { label, fragments } = children[drawn]!.at(drawn);
      return { label: joinPath(name, `{${label}}`), fragments };
    },
  };
}

function gather(name: string, children: readonly Matrix[]): Selection {
  const items = new Map<string, Selection>();
  for (const child of children) {
    for (let index = 0; index < child.size; index++) {
      const item = child.at(index);
      items.set([item.label, ...item.fragments.map((fragment) => fragment.path)].join('\0'), item);
    }
  }
  const labels = [...items.values()].map((item) => item.label).sort(compareCodePoints);
  return { label: joinPath(name, `{${labels.join(' ')}}`), fragments: inMergeOrder([...items.values()]) };
}

/** Without doubles, and ordered segment by segment: a slash sorts before anything that a name may hold. */
function inMergeOrder(items: readonly Selection[]): Fragment[] {
  const keyed = new Map<string, Fragment>();
  for (const item of items) {
    for (const fragment of item.fragments) keyed.set(fragment.path.replaceAll('/', '\0'), fragment);
  }
  return [...keyed].sort(([a], [b]) => compareCodePoints(a, b)).map(([, fragment]) => fragment);
}

function nothingToPick(file: string): EmptyFacetError {
  return new EmptyFacetError({
    file,
    reason: 'picks one entry at random ($), but nothing in it counts as a fragment',
    originalError: 'ValueError',
  });
}

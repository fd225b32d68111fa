import { compose } from './compose.ts';
import { readEvents } from './read-events.ts';
import type { DocumentPath } from '../../core/config/job-problem.ts';
import type { YamlNode } from './yaml-node.ts';

/** The line, from 1, of the key or item that a path leads to, or of the nearest one above it that is there; null for the empty path. */
export function lineOf(text: string, path: DocumentPath): number | null {
  const read = readEvents(text);
  let node = compose(read.text, read.events, Infinity);
  let at: number | null = null;
  for (const step of path) {
    const found = node === null ? null : stepInto(node, step);
    if (found === null) break;
    [at, node] = [found.at, found.node];
  }
  return at === null ? null : read.text.slice(0, at).split(/\r\n|\r|\n/).length;
}

function stepInto(node: YamlNode, step: DocumentPath[number]): { at: number; node: YamlNode } | null {
  if (node.kind === 'scalar') return null;
  if (node.kind === 'sequence') {
    const item = node.items[Number(step)];
    return item === undefined ? null : { at: item.at, node: item };
  }
  const pair = node.pairs.findLast(([key]) => key.kind === 'scalar' && key.text === String(step));
  return pair === undefined ? null : { at: pair[0].at, node: pair[1] };
}

import type { DocumentPath } from '../../config/job-problem.ts';
import type {
  ReadWritten,
  WrittenMapping,
  WrittenNode,
  WrittenPair,
  WrittenScalarNode,
} from './written-node.ts';

/** How a YAML text is written, which its value does not tell any more. */
export interface YamlSurvey {
  /** The line of a key or item, or of the nearest one above it that is there; null for the empty path. */
  lineOf(path: DocumentPath): number | null;
  readonly duplicates: readonly DuplicateKey[];
  readonly scalars: readonly WrittenScalar[]; // keys and values that are not text
}

/** A key that a map has more than once. */
export interface DuplicateKey {
  readonly path: DocumentPath; // of the key
  readonly lines: readonly number[]; // in order; only the last one counts
  readonly lost: readonly string[]; // what the earlier ones hold and the last does not, dotted
}

/** A scalar that YAML 1.1 takes for something else than text. */
export interface WrittenScalar {
  readonly path: DocumentPath; // of the value, or of the key
  readonly line: number;
  readonly isKey: boolean;
  readonly type: string; // bool, int, float, timestamp
  readonly text: string; // as written
}

const yamlTag = 'tag:yaml.org,2002:';

/** Where the parts of a text stand, its repeated keys, and its scalars that are not text. Throws as `read` does. */
export function surveyYaml(given: string, read: ReadWritten): YamlSurvey {
  const { root, text } = read(given);
  const lineAt = lineFinder(text);
  const duplicates: DuplicateKey[] = [];
  const scalars: WrittenScalar[] = [];
  if (root !== null) visit({ duplicates, scalars, lineAt, seen: new Set() }, root, []);
  return {
    duplicates,
    scalars,
    lineOf: (path) => {
      const at = root === null ? null : offsetOf(root, path);
      return at === null ? null : lineAt(at);
    },
  };
}

function offsetOf(root: WrittenNode, path: DocumentPath): number | null {
  let node = root;
  let at: number | null = null;
  for (const step of path) {
    const found = stepInto(node, step);
    if (found === null) break;
    [at, node] = found;
  }
  return at;
}

function stepInto(node: WrittenNode, step: DocumentPath[number]): [at: number, node: WrittenNode] | null {
  if (node.kind === 'scalar') return null;
  if (node.kind === 'sequence') {
    const item = node.items[Number(step)];
    return item === undefined ? null : [item.at, item];
  }
  const pair = node.pairs.findLast(([key]) => key.kind === 'scalar' && key.text === String(step));
  return pair === undefined ? null : [pair[0].at, pair[1]];
}

interface Survey {
  readonly duplicates: DuplicateKey[];
  readonly scalars: WrittenScalar[];
  readonly lineAt: (offset: number) => number;
  readonly seen: Set<WrittenNode>; // an alias is visited where its anchor is, and only there
}

function visit(survey: Survey, node: WrittenNode, path: DocumentPath): void {
  if (survey.seen.has(node)) return;
  survey.seen.add(node);
  if (node.kind === 'scalar') return noteScalar(survey, { node, path, isKey: false });
  if (node.kind === 'sequence') {
    for (const [index, item] of node.items.entries()) visit(survey, item, [...path, index]);
    return;
  }
  noteDuplicates(survey, node, path);
  for (const [key, value] of node.pairs) {
    const below = [...path, key.kind === 'scalar' ? key.text : '?'];
    if (key.kind === 'scalar') noteScalar(survey, { node: key, path: below, isKey: true });
    visit(survey, value, below);
  }
}

const textual = new Set(['str', 'null', 'merge', 'value', 'binary']);

function noteScalar(
  survey: Survey,
  found: { node: WrittenScalarNode; path: DocumentPath; isKey: boolean },
): void {
  const { node, path, isKey } = found;
  const type = node.tag.startsWith(yamlTag) ? node.tag.slice(yamlTag.length) : 'str';
  if (textual.has(type)) return;
  survey.scalars.push({ path, line: survey.lineAt(node.at), isKey, type, text: node.text });
}

function noteDuplicates(survey: Survey, node: WrittenMapping, path: DocumentPath): void {
  const groups = Map.groupBy(node.pairs, ([key]) => (key.kind === 'scalar' ? `${key.tag} ${key.text}` : key));
  for (const pairs of groups.values()) {
    const [first] = pairs;
    if (pairs.length < 2 || first === undefined || first[0].kind !== 'scalar') continue;
    if (first[0].tag === `${yamlTag}merge`) continue;
    survey.duplicates.push({
      path: [...path, first[0].text],
      lines: pairs.map(([key]) => survey.lineAt(key.at)),
      lost: lostIn(pairs),
    });
  }
}

function lostIn(pairs: readonly WrittenPair[]): string[] {
  const name = pairs[0]?.[0].kind === 'scalar' ? pairs[0][0].text : '?';
  const kept = new Set(leavesOf(pairs.at(-1)?.[1], name));
  return [...new Set(pairs.slice(0, -1).flatMap(([, value]) => leavesOf(value, name)))].filter(
    (leaf) => !kept.has(leaf),
  );
}

const leafLimit = 200;

/** The ends of a value's maps: `a.b: text`, `a.c: [2 items]`. */
function leavesOf(node: WrittenNode | undefined, path: string, found: string[] = []): string[] {
  if (node === undefined || found.length >= leafLimit) return found;
  if (node.kind === 'scalar') found.push(`${path}: ${oneLine(node.text)}`);
  else if (node.kind === 'sequence') found.push(`${path}: [${itemsOf(node.items)}]`);
  else {
    for (const [key, value] of node.pairs)
      leavesOf(value, `${path}.${key.kind === 'scalar' ? key.text : '?'}`, found);
  }
  return found;
}

function itemsOf(items: readonly WrittenNode[]): string {
  const texts = items.map((item) => (item.kind === 'scalar' ? item.text : item.kind));
  return oneLine(texts.join(', '));
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 60)}...` : line;
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

import type { DocumentPath } from '../../core/config/job-problem.ts';
import type { DuplicateKey, WrittenScalar, YamlSurvey } from '../../core/suites/lint/yaml-surveyor.ts';
import { compose } from './compose.ts';
import { nodeAt } from './positions.ts';
import { readEvents } from './read-events.ts';
import { yamlTag } from './scalars.ts';
import type { MappingNode, NodePair, YamlNode } from './yaml-node.ts';

/** How a text is written: where its parts stand, its repeated keys, and its scalars that are not text. Throws as reading does. */
export function surveyYaml(text: string): YamlSurvey {
  const read = readEvents(text);
  const root = compose(read.text, read.events, Infinity);
  const lineAt = lineFinder(read.text);
  const found = { duplicates: [] as DuplicateKey[], scalars: [] as WrittenScalar[] };
  if (root !== null) visit({ ...found, lineAt, seen: new Set() }, root, []);
  return {
    ...found,
    lineOf: (path) => {
      const at = nodeAt(root, path);
      return at === null ? null : lineAt(at);
    },
  };
}

interface Survey {
  readonly duplicates: DuplicateKey[];
  readonly scalars: WrittenScalar[];
  readonly lineAt: (offset: number) => number;
  readonly seen: Set<YamlNode>; // an alias is visited where its anchor is, and only there
}

function visit(survey: Survey, node: YamlNode, path: DocumentPath): void {
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
  found: { node: Extract<YamlNode, { kind: 'scalar' }>; path: DocumentPath; isKey: boolean },
): void {
  const { node, path, isKey } = found;
  const type = node.tag.startsWith(yamlTag) ? node.tag.slice(yamlTag.length) : 'str';
  if (textual.has(type)) return;
  survey.scalars.push({ path, line: survey.lineAt(node.at), isKey, type, text: node.text });
}

function noteDuplicates(survey: Survey, node: MappingNode, path: DocumentPath): void {
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

function lostIn(pairs: readonly NodePair[]): string[] {
  const name = pairs[0]?.[0].kind === 'scalar' ? pairs[0][0].text : '?';
  const kept = new Set(leavesOf(pairs.at(-1)?.[1], name));
  return [...new Set(pairs.slice(0, -1).flatMap(([, value]) => leavesOf(value, name)))].filter(
    (leaf) => !kept.has(leaf),
  );
}

const leafLimit = 200;

/** The ends of a value's maps: `a.b: text`, `a.c: [2 items]`. */
function leavesOf(node: YamlNode | undefined, path: string, found: string[] = []): string[] {
  if (node === undefined || found.length >= leafLimit) return found;
  if (node.kind === 'scalar') found.push(`${path}: ${oneLine(node.text)}`);
  else if (node.kind === 'sequence') found.push(`${path}: [${itemsOf(node.items)}]`);
  else {
    for (const [key, value] of node.pairs)
      leavesOf(value, `${path}.${key.kind === 'scalar' ? key.text : '?'}`, found);
  }
  return found;
}

function itemsOf(items: readonly YamlNode[]): string {
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

import type { SuiteSource } from '../../ports/suite-source.ts';
import { joinPath } from '../matrix.ts';
import { related } from './finding.ts';
import type { RawFinding } from './finding.ts';
import { divisorOf } from './divisor.ts';
import { nameFindings } from './name-rules.ts';

/** What counts in a suite, as it lies in directories; made without failing where expansion would. */
export type SuiteNode = FragmentNode | DirectoryNode;

export interface FragmentNode {
  readonly kind: 'fragment';
  readonly path: string;
  readonly name: string;
}
export interface DirectoryNode {
  readonly kind: 'sum' | 'product' | 'concat' | 'pick';
  readonly path: string;
  readonly name: string;
  readonly children: readonly SuiteNode[]; // in entry order
  readonly divisions: bigint; // of a nested subset; 1 = none
}

/** A suite's tree, and what is wrong with it. */
export interface SuiteTree {
  readonly root: SuiteNode | null; // null = nothing in it counts
  readonly findings: readonly RawFinding[];
  readonly moduleFiles: readonly string[]; // what lies in directories called `tasks`
  readonly complete: boolean; // whether all of it was walked
}

/** Directories below each other, and entries in all: far above any suite. */
const maxDepth = 60;
const maxEntries = 200_000;

interface Walk {
  readonly source: SuiteSource;
  readonly findings: RawFinding[];
  readonly moduleFiles: string[];
  entries: number;
}

interface Place {
  readonly path: string;
  readonly name: string;
  readonly above: readonly Ancestor[];
}
interface Ancestor {
  readonly path: string;
  readonly name: string;
  readonly listing: string;
}

/** Walks a suite by the rules of expansion. Bounded, also for links that lead in circles. */
export function readSuiteTree(source: SuiteSource, path: string): SuiteTree {
  const walk: Walk = { source, findings: [], moduleFiles: [], entries: 0 };
  const name = path.slice(path.lastIndexOf('/') + 1);
  const root = readableNode(walk, { path, name, above: [] });
  const { findings, moduleFiles } = walk;
  if (root === null && findings.length === 0) {
    findings.push(
      finding('empty-facet', path, 'is no suite: it is empty, hidden, disabled or no .yaml file'),
    );
  }
  return { root, findings, moduleFiles, complete: walk.entries <= maxEntries };
}

/** What the system refuses to show ends the expansion, but not this walk. */
function readableNode(walk: Walk, place: Place): SuiteNode | null {
  try {
    return nodeAt(walk, place);
  } catch (error) {
    walk.findings.push(
      finding('expansion-fails', place.path, error instanceof Error ? error.message : String(error)),
    );
    return null;
  }
}

function nodeAt(walk: Walk, place: Place): SuiteNode | null {
  const { path, name } = place;
  walk.entries += 1;
  if (name.startsWith('.') || walk.entries > maxEntries) return null;
  const kind = walk.source.stat(path);
  if (kind === 'broken' || kind === null) {
    const reason =
      kind === null ? 'does not exist' : 'is a link that leads nowhere, which ends the expansion';
    walk.findings.push(finding('broken-link', path, reason));
    return null;
  }
  if (kind === 'file') return name.endsWith('.yaml') ? { kind: 'fragment', path, name } : null;
  return name.endsWith('.disable') ? null : directoryAt(walk, place);
}

function directoryAt(walk: Walk, place: Place): SuiteNode | null {
  const { path, name, above } = place;
  const names = walk.source.list(path);
  if (names.length === 0) return null;
  const here: Ancestor = { path, name, listing: names.join('\0') };
  if (isLoop(walk, here, above)) return null;
  walk.findings.push(...nameFindings(walk.source, path, names));
  if (name === 'tasks') walk.moduleFiles.push(...names);
  const kind = kindOf(names, path);
  const magic = magicNames[kind];
  const before = walk.findings.length;
  const children = names
    .filter((child) => !magic.includes(child))
    .map((child) => readableNode(walk, { path: joinPath(path, child), name: child, above: [...above, here] }))
    .filter((child) => child !== null);
  const isBlamed = walk.findings.slice(before).some(({ rule }) => endsExpansion.has(rule));
  if (children.length === 0 && kind !== 'concat' && !isBlamed)
    walk.findings.push(emptyFacet(kind, path, names));
  const divisor =
    kind === 'product' ? divisorOf(walk.source, joinPath(path, '%')) : { divisions: 1n, finding: null };
  if (divisor.finding !== null) walk.findings.push(divisor.finding);
  return { kind, path, name, children, divisions: divisor.divisions };
}

/** After one of these below, a directory that holds nothing is no mistake of its own. */
const endsExpansion: ReadonlySet<RawFinding['rule']> = new Set([
  'broken-link',
  'link-loop',
  'empty-facet',
  'expansion-fails',
]);

/** The entries that only tell a directory's kind. */
const magicNames: Readonly<Record<DirectoryNode['kind'], readonly string[]>> = {
  sum: [],
  concat: ['+'],
  pick: ['$', '%'],
  product: ['%'],
};

/** `+` before `$` before `%`, and a plain list without any. */
function kindOf(names: readonly string[], path: string): DirectoryNode['kind'] {
  if (names.includes('+')) return 'concat';
  if (names.includes('$') || path.endsWith('$')) return 'pick';
  return names.includes('%') ? 'product' : 'sum';
}

/** The third directory of one name and one content, each below the last, is the first one again. */
function isLoop(walk: Walk, here: Ancestor, above: readonly Ancestor[]): boolean {
  const alike = above.filter((each) => each.name === here.name && each.listing === here.listing);
  if (alike.length < 2 && above.length < maxDepth) return false;
  const [first] = alike;
  const again = first === undefined ? null : above.find((each) => each.listing === here.listing);
  const sentence = 'leads back to a directory above it, or is nested without end; the expansion fails here';
  const others =
    again === null || again === undefined || again === first ? [] : [related(again.path, 'leads here')];
  walk.findings.push({ ...finding('link-loop', first?.path ?? here.path, sentence), related: others });
  return true;
}

function emptyFacet(kind: DirectoryNode['kind'], path: string, names: readonly string[]): RawFinding {
  const what = { product: 'is a product', pick: 'picks one entry at random', sum: 'is a list', concat: '' }[
    kind
  ];
  const held = names.slice(0, 3).join(', ');
  const sentence = `${what}, but nothing in it counts as a fragment (it holds ${held}); remove it or disable it`;
  return finding('empty-facet', path, sentence);
}

function finding(rule: RawFinding['rule'], file: string, sentence: string): RawFinding {
  return { rule, file, line: null, sentence, related: [] };
}

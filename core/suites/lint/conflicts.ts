import type { Documents, LintDocument } from './documents.ts';
import { related } from './finding.ts';
import { shownPath } from './fragment-facts.ts';
import type { ValueKind } from './fragment-facts.ts';
import type { SuiteNode } from './suite-tree.ts';

/** Two fragments that some job has both and that cannot be merged. */
export interface Conflict {
  readonly path: string; // of the value, steps joined by NUL
  readonly left: Side; // merged first
  readonly right: Side;
  readonly place: string; // the directory that brings them together
}
export interface Side {
  readonly fragment: string;
  readonly document: LintDocument;
  readonly kind: ValueKind;
}

/** Who has a value at a path, by what kind it is of. */
type Holders = Map<string, Map<ValueKind, Side[]>>;

/**
 * Every pair of fragments that a product or a `+` directory brings together and whose values are a map or a list here and something else
 * there. Found facet by facet, so the cost follows the fragments, not the jobs; one pair of texts is told once for each path.
 */
export function findConflicts(root: SuiteNode, documents: Documents): Conflict[] {
  const search: Search = { documents, found: new Map() };
  const all = holdersBelow(search, root, false);
  meet(search, { left: templateHolders(), right: all, place: root.path });
  return [...search.found.values()];
}

interface Search {
  readonly documents: Documents;
  readonly found: Map<string, Conflict>;
}

function holdersBelow(search: Search, node: SuiteNode, together: boolean): Holders {
  if (node.kind === 'fragment') return holdersOf(search.documents.at(node.path), node.path);
  // A `+` directory takes every item of a list below it at once.
  const joins = node.kind === 'product' || node.kind === 'concat' || (together && node.kind === 'sum');
  const below = node.kind === 'concat' || (together && node.kind === 'sum');
  const gathered: Holders = new Map();
  for (const child of node.children) {
    const holders = holdersBelow(search, child, below);
    if (joins) meet(search, { left: gathered, right: holders, place: node.path });
    unite(gathered, holders);
  }
  return gathered;
}

function holdersOf(document: LintDocument, fragment: string): Holders {
  return new Map(
    [...document.facts.kinds].map(([path, kind]) => [
      path,
      new Map([[kind, [{ fragment, document, kind }]]]),
    ]),
  );
}

function unite(into: Holders, from: Holders): void {
  for (const [path, kinds] of from) {
    const known = into.get(path);
    if (known === undefined) {
      into.set(path, new Map([...kinds].map(([kind, sides]) => [kind, [...sides]])));
      continue;
    }
    for (const [kind, sides] of kinds) {
      const before = known.get(kind);
      if (before === undefined) known.set(kind, [...sides]);
      else for (const side of sides) before.push(side);
    }
  }
}

function meet(search: Search, params: { left: Holders; right: Holders; place: string }): void {
  for (const [path, kinds] of params.right) {
    const earlier = params.left.get(path);
    if (earlier === undefined) continue;
    for (const [kind, sides] of earlier) {
      if (kind === 'scalar') continue; // anything may take the place of a scalar
      for (const [other, later] of kinds) {
        if (other !== kind) note(search, { path, place: params.place, lefts: sides, rights: later });
      }
    }
  }
}

/** Each later text is told with the first one that it cannot follow. */
function note(
  search: Search,
  params: { path: string; place: string; lefts: readonly Side[]; rights: readonly Side[] },
): void {
  const [left] = params.lefts;
  if (left === undefined) return;
  for (const right of params.rights) {
    const key = [params.path, left.document.paths[0], right.document.paths[0]].join('\n');
    if (search.found.has(key)) continue;
    search.found.set(key, { path: params.path, place: params.place, left, right });
  }
}

/** What every job has before its first fragment. */
function templateHolders(): Holders {
  const side = (kind: ValueKind): Map<ValueKind, Side[]> =>
    new Map([[kind, [{ fragment: '', document: nobody, kind }]]]);
  return new Map([
    ['teuthology', side('map')],
    ['teuthology\0fragments_dropped', side('list')],
    ['teuthology\0meta', side('map')],
    ['teuthology\0postmerge', side('list')],
  ]);
}

const nobody: LintDocument = {
  paths: [],
  loaded: { kind: 'empty' },
  survey: null,
  facts: {
    document: new Map(),
    kinds: new Map(),
    roles: [],
    sections: [],
    uses: [],
    strings: new Set(),
    isScripted: false,
  },
  errorLine: null,
};

/** A conflict in words; `job` is the description of one that has both fragments. */
export function conflictSentence(conflict: Conflict, job: string | null): string {
  const { left, right, path, place } = conflict;
  const earlier = left.fragment === '' ? 'every job' : left.fragment;
  const scripted = left.document.facts.isScripted || right.document.facts.isScripted;
  const example = job === null ? `${place} brings them together` : `for instance in job ${job}`;
  const doubt = scripted ? ', unless a script leaves one of them out' : '';
  return `'${shownPath(path)}' is a ${right.kind}, but a ${left.kind} in ${earlier}, which is merged before; ${example}${doubt}`;
}

/** Where the other side of a conflict stands. */
export function conflictPlaces({ left, path }: Conflict): ReturnType<typeof related>[] {
  if (left.fragment === '') return [];
  const line = left.document.survey?.lineOf(path.split('\0')) ?? null;
  return [related(left.fragment, `a ${left.kind} here`, line)];
}

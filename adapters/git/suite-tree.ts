import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { SuiteSource } from '../../core/ports/suite-source.ts';
import { strictText } from './strict-text.ts';

/** A tree as it was stored, links not followed. `F` is what its reader needs to find a file's bytes. */
export type TreeNode<F> =
  | { readonly kind: 'file'; readonly file: F }
  | { readonly kind: 'link'; readonly target: string }
  | TreeDirectory<F>;

export interface TreeDirectory<F> {
  readonly kind: 'directory';
  readonly children: Map<string, TreeNode<F>>;
}

export function emptyDirectory<F>(): TreeDirectory<F> {
  return { kind: 'directory', children: new Map() };
}

/** Puts a node at a path, with the directories that lead to it. A directory that is already there keeps its children. */
export function plant<F>(root: TreeDirectory<F>, path: string, node: TreeNode<F>): void {
  const names = path.split('/');
  const last = names.pop() ?? '';
  let at = root;
  for (const name of names) at = childDirectory(at, name);
  if (node.kind === 'directory') childDirectory(at, last);
  else at.children.set(last, node);
}

function childDirectory<F>(parent: TreeDirectory<F>, name: string): TreeDirectory<F> {
  const found = parent.children.get(name);
  if (found?.kind === 'directory') return found;
  const made = emptyDirectory<F>();
  parent.children.set(name, made);
  return made;
}

/** A tree and how it is read. Paths of the source start at `relpath`, but links may lead anywhere in the tree. */
export interface StoredTree<F> {
  readonly origin: string;
  readonly sha1: string | null;
  readonly id: string;
  readonly root: TreeDirectory<F>;
  readonly relpath: string; // '' = its root
  readonly bytesOf: (file: F) => Uint8Array;
}

/**
 * A source over a stored tree. Links are followed as Linux does, 40 of them for a path at most, but never out of the tree: an
 * absolute link, or one that climbs above the root, leads nowhere.
 */
export function treeSource<F>(tree: StoredTree<F>): SuiteSource {
  const texts = new Map<F, string>();
  const find = (path: string) => follow(tree.root, [...partsOf(tree.relpath), ...partsOf(path)]);
  return {
    origin: tree.origin,
    sha1: tree.sha1,
    id: tree.id,
    stat: (path) => {
      const found = find(path);
      return typeof found === 'object' ? found.kind : kindOfMiss(found);
    },
    list: (path) => {
      const found = find(path);
      if (typeof found === 'string' || found.kind !== 'directory')
        throw new NotInTreeError(path, 'directory');
      return [...found.children.keys()].sort(compareCodePoints);
    },
    read: (path) => {
      const found = find(path);
      if (typeof found === 'string' || found.kind !== 'file') throw new NotInTreeError(path, 'file');
      const text = texts.get(found.file) ?? strictText(tree.bytesOf(found.file));
      texts.set(found.file, text);
      return text;
    },
  };
}

/** A path is asked for as what it is not: `stat` was not consulted. */
export class NotInTreeError extends Error {
  override readonly name = 'NotInTreeError';
  constructor(path: string, wanted: 'file' | 'directory') {
    super(`'${path}' is no ${wanted} of the suite tree`);
  }
}

const mostLinks = 40; // for one path, as in Linux

type Found<F> = Exclude<TreeNode<F>, { kind: 'link' }>;
type Miss = 'nothing' | 'dangling' | 'loop';

function kindOfMiss(miss: Miss): 'broken' | null {
  return miss === 'nothing' ? null : 'broken';
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

/** Walks a path. A link in its last part that leads nowhere is 'dangling'; one before it leaves 'nothing' at the path. */
function follow<F>(root: TreeDirectory<F>, path: readonly string[]): Found<F> | Miss {
  const trail: TreeDirectory<F>[] = [root];
  const ahead = path.toReversed();
  let at: Found<F> = root;
  let links = 0;
  let fromLast = false; // the last part of the path was a link, and the rest of the way is its target
  while (ahead.length > 0) {
    const miss: Miss = fromLast ? 'dangling' : 'nothing';
    const part = ahead.pop() ?? '';
    if (at.kind !== 'directory') return miss;
    if (part === '.' || part === '') continue;
    if (part === '..') {
      trail.pop();
      const above = trail.at(-1);
      if (above === undefined) return miss;
      at = above;
      continue;
    }
    const next: TreeNode<F> | undefined = at.children.get(part);
    if (next === undefined) return miss;
    if (next.kind === 'link') {
      links += 1;
      if (links > mostLinks) return 'loop';
      fromLast ||= ahead.length === 0;
      if (next.target === '' || next.target.startsWith('/')) return fromLast ? 'dangling' : 'nothing';
      ahead.push(...next.target.split('/').toReversed());
      continue;
    }
    at = next;
    if (at.kind === 'directory') trail.push(at);
  }
  return at;
}

import type { SuiteSource } from '../../ports/suite-source.ts';
import type { YamlCodec } from '../../ports/yaml-codec.ts';
import { metaReader } from './fragment-meta.ts';
import type { Table } from './table.ts';

export interface TreeWish {
  readonly source: SuiteSource;
  readonly yaml: YamlCodec;
  readonly path: string; // of the suite in the source
  readonly fields: readonly string[]; // of the fragments' `meta`
  readonly showFacet: boolean;
  readonly drawn: boolean; // true = paths as branches of a tree; false = in full
}

interface Entry {
  readonly path: string;
  readonly name: string;
  readonly parents: string; // the branches left of it
  readonly last: boolean;
  readonly isDirectory: boolean;
  readonly facet: string;
}

/** The folders and files of a suite as they lie there, one row each, with what the fragments say of themselves. */
export function treeTable(wish: TreeWish): Table {
  const { fields, showFacet } = wish;
  const meta = metaReader(wish, fields);
  const none = fields.map(() => '');
  const rows = [...entries(wish.source, { path: wish.path, parents: '' })].map((entry) => {
    const texts = !entry.isDirectory && entry.name.endsWith('.yaml') ? meta(entry.path) : none;
    return [
      wish.drawn ? branch(entry) : shownPath(entry.path),
      ...(showFacet ? [entry.facet] : []),
      ...texts,
    ];
  });
  return { headers: ['path', ...(showFacet ? ['facet'] : []), ...fields], rows };
}

/** Depth first, in code-point order; hidden entries are left out, but still decide who is the last of a folder. */
function* entries(source: SuiteSource, at: { path: string; parents: string }): Generator<Entry> {
  const names = source.list(at.path);
  const holdsFragments = names.some((name) => name.endsWith('.yaml'));
  const facet = holdsFragments ? (at.path.split('/').at(-1) ?? '') : '';
  for (const [index, name] of names.entries()) {
    if (name.startsWith('.')) continue;
    const path = `${at.path}/${name}`;
    const last = index === names.length - 1;
    const isDirectory = source.stat(path) === 'directory';
    yield { path, name, parents: at.parents, last, isDirectory, facet };
    if (isDirectory) yield* entries(source, { path, parents: `${at.parents}${last ? '    ' : '│   '}` });
  }
}

function branch({ parents, last, name }: Entry): string {
  return `${parents}${last ? '└── ' : '├── '}${name}`;
}

const suites = 'ceph-qa-suite/suites';

/** In full, but for what lies before the suites of Ceph's own repository. */
function shownPath(path: string): string {
  const full = `/${path}`;
  const found = full.indexOf(suites);
  return found < 0 ? full : full.slice(found + suites.length);
}

import { compareCodePoints } from '../../config/code-point-order.ts';
import type { SuiteSource } from '../../ports/suite-source.ts';
import type { YamlCodec } from '../../ports/yaml-codec.ts';
import { metaReader } from './fragment-meta.ts';
import type { Table } from './table.ts';

type Row = ReadonlyMap<string, string>; // by header

/**
 * One row for each job: from which fragments it is made, and what these say of themselves. `jobs` are the fragments of each job in merge
 * order, as paths in the source.
 */
export function combinationTable(
  jobs: readonly (readonly string[])[],
  wish: { source: SuiteSource; yaml: YamlCodec; fields: readonly string[]; showFacet: boolean },
): Table {
  const { fields, showFacet } = wish;
  const meta = metaReader(wish, fields);
  const depths = showFacet ? depthColumns(jobs) : { headers: [], cells: () => [] };
  const rows: Row[] = jobs.map((fragments) => {
    const facets = showFacet ? fragments.map(facetOf) : [];
    return new Map([...fieldCells(fragments, fields, meta), ...facets, ...depths.cells(fragments)]);
  });
  const facetNames = showFacet ? [...new Set(jobs.flat().map((fragment) => facetOf(fragment)[0]))] : [];
  const headers = [...depths.headers, ...facetNames.sort(compareCodePoints), ...fields];
  const table = rows.map((row) => headers.map((header) => row.get(header) ?? ''));
  return { headers, rows: table.sort(compareRows) };
}

/** What all fragments of a job say in a field, a line for each that says something. */
function fieldCells(
  fragments: readonly string[],
  fields: readonly string[],
  meta: (path: string) => readonly string[],
): [string, string][] {
  const said = fragments.map(meta);
  return fields.map((field, index) => {
    const texts = said.map((texts) => texts[index] ?? '').filter((text) => text !== '');
    return [field, texts.join('\n')];
  });
}

/** The folder that a fragment was picked from, and the fragment without its ending. */
function facetOf(fragment: string): [string, string] {
  const parts = partsOf(fragment);
  return [parts.at(-2) ?? '', (parts.at(-1) ?? '').slice(0, -'.yaml'.length)];
}

/** The folders above the facets, from the first one in which jobs differ; the last one when they differ in none. */
function depthColumns(jobs: readonly (readonly string[])[]) {
  const seen: Set<string>[] = [];
  for (const fragment of jobs.flat()) {
    for (const [depth, name] of above(fragment).entries()) (seen[depth] ??= new Set()).add(name);
  }
  const deepest = seen.length - 1;
  const differing = seen.findIndex((names) => names.size > 1);
  const first = differing < 0 ? deepest : Math.min(differing, deepest);
  const headers =
    jobs.length === 0 ? [] : seen.slice(Math.max(0, first)).map((_, index) => `subsuite depth ${index}`);
  const cells = (fragments: readonly string[]): [string, string][] => {
    const last: string[] = [];
    for (const fragment of fragments) {
      for (const [depth, name] of above(fragment).entries()) last[depth] = name;
    }
    return headers.map((header, index) => [header, last[first + index] ?? '']);
  };
  return { headers, cells };
}

function above(fragment: string): string[] {
  return partsOf(fragment).slice(0, -2);
}

/** Of the absolute path, so that its first part is empty. */
function partsOf(fragment: string): string[] {
  return `/${fragment}`.split('/');
}

function compareRows(a: readonly string[], b: readonly string[]): number {
  for (const [index, cell] of a.entries()) {
    const order = compareCodePoints(cell, b[index] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** How much of something was executed. */
export interface Share {
  readonly hit: number;
  readonly found: number;
}

/** What a tracefile of lcov says in all. */
export interface Totals {
  readonly lines: Share;
  readonly functions: Share;
  readonly branches: Share;
}

const kinds = { lines: 'L', functions: 'FN', branches: 'BR' } as const;

/** Adds up the records of a tracefile; each source file must have one record, as after a merge. */
export function totalsOf(tracefile: string): Totals {
  const sum = (key: string): number =>
    [...tracefile.matchAll(new RegExp(`^${key}:(\\d+)$`, 'gm'))].reduce(
      (all, match) => all + Number(match[1]),
      0,
    );
  const share = (kind: string): Share => ({ hit: sum(`${kind}H`), found: sum(`${kind}F`) });
  return {
    lines: share(kinds.lines),
    functions: share(kinds.functions),
    branches: share(kinds.branches),
  };
}

/** The source files that a tracefile names. */
export function sourcesOf(tracefile: string): string[] {
  return [...tracefile.matchAll(/^SF:(.*)$/gm)].map((match) => match[1] ?? '');
}

/**
 * The tracefile with the sources that are below `folder`, each found by the longest end of the path that the compiler saw. Sources that
 * are not there keep their paths.
 */
export function withSourcesOf(tracefile: string, folder: string): string {
  return tracefile.replace(/^SF:(.*)$/gm, (record, path: string) => {
    const found = belowFolder(folder, path);
    return found === null ? record : `SF:${found}`;
  });
}

function belowFolder(folder: string, path: string): string | null {
  const segments = path.split('/').filter((segment) => segment !== '');
  for (let from = 0; from < segments.length; from++) {
    const candidate = join(folder, ...segments.slice(from));
    if (existsSync(candidate)) return candidate;
  }
  return null;
}

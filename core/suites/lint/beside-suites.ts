import type { SuiteSource } from '../../ports/suite-source.ts';
import { joinPath } from '../matrix.ts';

const maxEntries = 20_000;
const maxDepth = 20;

/** The YAML files of the folders beside `suites`, which links of suites usually lead to. Bounded, and says where it stopped. */
export function readBeside(source: SuiteSource): { paths: readonly string[]; limits: readonly string[] } {
  const paths: string[] = [];
  let entries = 0;
  const closed: string[] = [];
  const orNote = <T>(path: string, look: () => T): T | null => {
    try {
      return look();
    } catch {
      closed.push(path);
      return null;
    }
  };
  const visit = (path: string, depth: number): void => {
    for (const name of orNote(path, () => source.list(path)) ?? []) {
      if (name.startsWith('.') || name === 'node_modules' || (path === '' && name === 'suites')) continue;
      entries += 1;
      if (entries > maxEntries) return;
      const below = joinPath(path, name);
      const kind = orNote(below, () => source.stat(below));
      if (kind === 'directory' && depth < maxDepth) visit(below, depth + 1);
      else if (kind === 'file' && name.endsWith('.yaml')) paths.push(below);
    }
  };
  if (source.stat('') === 'directory') visit('', 0);
  const limits =
    entries > maxEntries ? [`only the first ${maxEntries} entries beside suites/ were looked at`] : [];
  return { paths, limits: [...limits, ...closed.map((path) => `${path} cannot be read`)] };
}

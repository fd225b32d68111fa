import type { SuiteSource } from '../../ports/suite-source.ts';

/** A folder that is one suite, seen as a source whose `suites` holds nothing but it. */
export function singleSuiteSource(source: SuiteSource, name: string): SuiteSource {
  const prefix = `suites/${name}`;
  const below = (path: string): string | null => {
    if (path === prefix) return '';
    return path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : null;
  };
  return {
    ...source,
    stat: (path) => {
      if (path === '' || path === 'suites') return 'directory';
      const inner = below(path);
      return inner === null ? null : source.stat(inner);
    },
    list: (path) => {
      if (path === '') return ['suites'];
      return path === 'suites' ? [name] : source.list(below(path) ?? path);
    },
    read: (path) => source.read(below(path) ?? path),
  };
}

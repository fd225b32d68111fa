import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { compareCodePoints } from '../../core/config/code-point-order.ts';
import { isYamlMap } from '../../core/config/yaml-value.ts';
import type { YamlValue } from '../../core/config/yaml-value.ts';
import type { Submitted } from '../client/lab-client.ts';
import type { SuiteOptions } from './options.ts';

/** The closing lines of a submission, as the original words them. */
export function summaryLines(submitted: Submitted, options: SuiteOptions): string[] {
  const scheduled = submitted.jobs / options.num;
  const generated = submitted.generated ?? scheduled + submitted.dropped;
  const suite = (options.suite ?? `of ${options.rerun}`).replaceAll('/', ':');
  const seed = submitted.seed === null ? '' : ` (seed ${submitted.seed})`;
  const run = submitted.jobs === 0 ? '' : ` as ${submitted.run}${seed}`;
  return [
    `Suite ${suite} ${options.dryRun ? 'would schedule' : 'scheduled'} ${scheduled} jobs${run}.`,
    `${submitted.dropped}/${generated} jobs were filtered out.`,
    `${options.dryRun ? 'Would schedule' : 'Scheduled'} ${submitted.jobs} jobs in total.`,
  ];
}

/** What `--dry-run` lists: descriptions; with -v the base config too; with -vv each job in full, as documents of one YAML stream. */
export function dryRunLines(submitted: Submitted, verbose: number): string[] {
  if (verbose === 0) return submitted.descriptions;
  if (verbose > 1) return (submitted.configs ?? []).map((config) => `---\n${sorted(config)}`);
  const base = submitted.base ?? null;
  return [
    ...(base === null ? [] : ['Base job config:', sorted(base)]),
    ...submitted.descriptions.map((description) => `Scheduling ${description}`),
  ];
}

/** A YAML document with the keys of all its maps in order, which is how the original prints. */
export function sorted(yaml: string): string {
  return pyYaml.print(withSortedKeys(pyYaml.parse(yaml)));
}

function withSortedKeys(value: YamlValue): YamlValue {
  if (Array.isArray(value)) return (value as readonly YamlValue[]).map(withSortedKeys);
  if (!isYamlMap(value)) return value;
  const entries = [...value].sort(([a], [b]) => compareCodePoints(String(a), String(b)));
  return new Map(entries.map(([key, item]) => [key, withSortedKeys(item)]));
}

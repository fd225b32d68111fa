import { isYamlMap } from './yaml-value.ts';
import type { DocumentPath } from './job-problem.ts';
import type { YamlKey, YamlValue } from './yaml-value.ts';

/** Tasks whose configuration is a list of tasks; `loop` keeps its own under `body`. */
const composing: ReadonlySet<string> = new Set([
  'sequential',
  'parallel',
  'full_sequential',
  'full_sequential_finally',
]);

/** One entry of a task list, wherever it is nested. */
export interface ListedTask {
  readonly path: DocumentPath;
  readonly entry: YamlValue;
}

/** Every entry of a task list and of the lists within, each before what it holds. */
export function listedTasks(list: readonly YamlValue[], path: DocumentPath): ListedTask[] {
  return list.flatMap((entry, index) => {
    const here: DocumentPath = [...path, index];
    return [{ path: here, entry }, ...tasksWithin(entry, here)];
  });
}

function tasksWithin(entry: YamlValue, path: DocumentPath): ListedTask[] {
  if (!isYamlMap(entry) || entry.size !== 1) return [];
  for (const [key, config] of entry) {
    const name = taskName(key);
    if (composing.has(name) && Array.isArray(config))
      return listedTasks(config as YamlValue[], [...path, key]);
    const body = name === 'loop' && isYamlMap(config) ? config.get('body') : null;
    if (Array.isArray(body)) return listedTasks(body as YamlValue[], [...path, key, 'body']);
  }
  return [];
}

/** The one name of an entry, with `_` for `-`; null when it is no map of one key. */
export function taskNameOf(entry: YamlValue): string | null {
  if (!isYamlMap(entry) || entry.size !== 1) return null;
  const [key] = entry.keys();
  return key === undefined || key === null ? null : taskName(key);
}

function taskName(key: YamlKey): string {
  return String(key).replaceAll('-', '_');
}

/** Every string in a value, however deep: what may be the name of a top-level list. */
export function stringsIn(value: YamlValue): string[] {
  if (typeof value === 'string') return [value];
  if (isYamlMap(value)) return [...value.values()].flatMap(stringsIn);
  return Array.isArray(value) ? (value as YamlValue[]).flatMap(stringsIn) : [];
}

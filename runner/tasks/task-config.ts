import type { PlainValue } from '../../core/config/yaml-value.ts';

/** A task was given a config that it cannot use. The message names the task, the place in its config and the value. */
export class TaskConfigError extends Error {
  override readonly name = 'TaskConfigError';
  readonly task: string;
  readonly path: string; // within the config: `client.0[1]`; '' = the whole
  constructor(params: { task: string; path: string; expected: string; given: PlainValue | undefined }) {
    const place = params.path === '' ? 'its config' : `'${params.path}'`;
    super(`${params.task}: ${place} must be ${params.expected}, not ${describeValue(params.given)}`);
    this.task = params.task;
    this.path = params.path;
  }
}

/** Where in the config of which task a value stands, for messages. */
export interface ConfigPlace {
  readonly task: string;
  readonly path: string;
}

/** A value as a sentence shows it, cut to a readable length. */
export function describeValue(value: PlainValue | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  const text = JSON.stringify(value);
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  if (Array.isArray(value)) return `the list ${short}`;
  if (typeof value === 'object') return `the map ${short}`;
  return short;
}

export type ConfigMap = { readonly [key: string]: PlainValue };

/** Whether a value is a map. */
export function isConfigMap(value: PlainValue | undefined): value is { [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entries of a map, in the order of the file. Nothing at all is an empty map. */
export function readMap(place: ConfigPlace, value: PlainValue | undefined, expected: string): ConfigMap {
  if (value === null || value === undefined) return {};
  if (!isConfigMap(value)) throw new TaskConfigError({ ...place, expected, given: value });
  return value;
}

/** A list of tasks as `sequential` and its kin take it. Nothing at all is an empty list; the entries themselves are read when they run. */
export function readTaskList(place: ConfigPlace, value: PlainValue | undefined): readonly PlainValue[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value))
    throw new TaskConfigError({ ...place, expected: 'a list of tasks', given: value });
  return value;
}

/** Shell commands: a list of strings, or one string. Numbers and booleans are what YAML makes of words such as `true`, and are commands too. */
export function readCommands(place: ConfigPlace, value: PlainValue | undefined): readonly string[] {
  const items = Array.isArray(value) ? value : [value ?? null];
  return items.map((item, index) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'boolean' || typeof item === 'number') return String(item);
    const path = Array.isArray(value) ? `${place.path}[${index}]` : place.path;
    throw new TaskConfigError({ task: place.task, path, expected: 'a shell command', given: item });
  });
}

import type { PlainValue } from '../../core/config/yaml-value.ts';
import type { ArgumentKind } from './argument-kinds.ts';
import { readMap, TaskConfigError } from './task-config.ts';

/** One key that a task's config may have. */
export interface Argument<T> {
  readonly usage: string; // one sentence for the documentation, without a full stop
  readonly kind: ArgumentKind<T>;
  readonly fallback: T | undefined; // undefined = the key is required
}

type ArgumentTable = { readonly [key: string]: Argument<unknown> };

/** What a table of arguments reads out of a config. */
export type ArgumentValues<Table extends ArgumentTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Argument<infer T> ? T : never;
};

export interface TaskArguments<Table extends ArgumentTable> {
  /** The typed config. Throws TaskConfigError for a value of the wrong kind, a missing required key and a key that the table does not have. */
  read(config: PlainValue): ArgumentValues<Table>;
  /** The table as Markdown, as it stands in the task's page under docs/tasks. */
  readonly documentation: string;
}

/** Declares a key that may be left out. A null in YAML is the same as leaving it out, unless the kind takes null itself. */
export function argument<T>(params: { usage: string; kind: ArgumentKind<T>; fallback: T }): Argument<T> {
  return params;
}

/** Declares a key without which the task makes no sense. */
export function required<T>(params: { usage: string; kind: ArgumentKind<T> }): Argument<T> {
  return { ...params, fallback: undefined };
}

/** Declares what a task's config looks like: the reader and the documentation come from the one table. */
export function taskArguments<Table extends ArgumentTable>(task: string, table: Table): TaskArguments<Table> {
  const keys = Object.keys(table);
  return {
    read(config) {
      const map = readMap({ task, path: '' }, config, `a map with the keys ${keys.join(', ')}`);
      for (const key of Object.keys(map)) {
        if (!Object.hasOwn(table, key)) throw new UnknownArgumentError(task, key, keys);
      }
      const values = keys.map((key) => [key, readArgument({ task, path: key }, table, map[key] ?? null)]);
      return Object.fromEntries(values) as ArgumentValues<Table>;
    },
    documentation: documentationOf(table),
  };
}

/** A config has a key that its task does not know, which is a typing error more often than not. */
export class UnknownArgumentError extends Error {
  override readonly name = 'UnknownArgumentError';
  constructor(task: string, key: string, known: readonly string[]) {
    super(`${task}: there is no key '${key}' in its config; the keys are ${known.join(', ')}`);
  }
}

function readArgument(
  place: { task: string; path: string },
  table: ArgumentTable,
  given: PlainValue,
): unknown {
  const declared = table[place.path];
  if (declared === undefined) return undefined;
  if (given === null && declared.fallback !== undefined) return declared.fallback;
  const value = declared.kind.read(given);
  if (value === undefined) throw new TaskConfigError({ ...place, expected: declared.kind.name, given });
  return value;
}

function documentationOf(table: ArgumentTable): string {
  const rows = Object.entries(table).map(([key, { usage, kind, fallback }]) => {
    const otherwise =
      fallback === undefined ? 'required' : fallback === null ? '' : `\`${JSON.stringify(fallback)}\``;
    return `| \`${key}\` | ${kind.name} | ${otherwise} | ${usage} |`;
  });
  return ['| key | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

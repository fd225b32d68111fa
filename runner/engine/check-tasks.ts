import type { PlainValue } from '../../core/config/yaml-value.ts';
import { toError } from './failure.ts';
import { InvalidTaskError, readTaskEntry } from './task-entry.ts';
import type { TaskRegistry } from './task-registry.ts';

/** Tasks whose configuration holds tasks: how to find the list. */
const listsWithin: Readonly<Record<string, (config: PlainValue) => PlainValue>> = {
  sequential: (config) => config,
  parallel: (config) => config,
  full_sequential: (config) => config,
  full_sequential_finally: (config) => config,
  loop: (config) => (isMap(config) ? (config['body'] ?? null) : null),
};

/** Tasks of a job that cannot be run, found before any of them was. */
export class TaskCheckError extends Error {
  override readonly name = 'TaskCheckError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}

/**
 * Resolves every task that the lists name, nested lists and the top-level lists they refer to included, and throws
 * TaskCheckError with one sentence for each that fails. Loads the modules; runs nothing.
 */
export async function checkTasks(params: {
  lists: readonly { readonly path: string; readonly entries: readonly PlainValue[] }[];
  job: { readonly [key: string]: PlainValue | undefined };
  tasks: TaskRegistry;
}): Promise<void> {
  const names = new Map<string, string>(); // task -> where it was first named
  const problems: string[] = [];
  for (const { path, entries } of params.lists) {
    collect({ list: entries, path, job: params.job, names, problems, within: new Set() });
  }
  const failures: Error[] = [];
  for (const [name, path] of names) {
    await params.tasks.resolve(name).catch((error: unknown) => {
      failures.push(toError(error));
      problems.push(`${path}: ${toError(error).message}`);
    });
  }
  if (problems.length > 0) throw new TaskCheckError(problems, { cause: failures[0] });
}

function collect(params: {
  list: readonly PlainValue[];
  path: string;
  job: { readonly [key: string]: PlainValue | undefined };
  names: Map<string, string>;
  problems: string[];
  within: ReadonlySet<string>; // top-level lists that are being followed
}): void {
  const { list, job, names, problems } = params;
  for (const [index, entry] of list.entries()) {
    const path = `${params.path}[${index}]`;
    const reference = typeof entry === 'string' ? entry : null;
    if (reference !== null && params.within.has(reference)) {
      problems.push(`${path}: '${reference}' contains itself`);
      continue;
    }
    try {
      const { name, config } = readTaskEntry(entry, job);
      if (name === 'kernel' && path.startsWith('tasks['))
        problems.push(`${path}: 'kernel' is a key of the job and no task`);
      if (!names.has(name)) names.set(name, path);
      const inner = Object.hasOwn(listsWithin, name) ? listsWithin[name]?.(config) : null;
      const within = reference === null ? params.within : new Set([...params.within, reference]);
      if (Array.isArray(inner)) collect({ ...params, list: inner, path: `${path}.${name}`, within });
    } catch (error) {
      if (!(error instanceof InvalidTaskError)) throw error;
      problems.push(`${path}: ${error.message}`);
    }
  }
}

function isMap(value: PlainValue): value is { [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { pathToFileURL } from 'node:url';
import { insteadOf } from './original-tasks.ts';
import { findTaskModule, suiteTaskFolders } from './suite-tasks.ts';
import type { Task } from './task.ts';
import { taskName } from './task-entry.ts';
import { toError } from './failure.ts';
import { nearMisses } from '../../core/config/near-misses.ts';

/** What a task module exports: `task`, and its sub-tasks under their own names. */
type TaskModule = Readonly<Record<string, unknown>>;

export type TaskModules = Readonly<Record<string, () => Promise<TaskModule>>>;

/** A task that was found, and where log lines about it belong. */
interface ResolvedTask {
  readonly name: string;
  readonly run: Task;
  readonly logger: string; // `teuthology.task.exec`, `tasks.mytask`
}

/** Finds tasks by name; each module is loaded at most once. */
export interface TaskRegistry {
  /** Throws UnknownTaskError when there is no such task and TaskLoadError when there is one that cannot be loaded. */
  resolve(name: string): Promise<ResolvedTask>;
}

/** There is no task of that name; the message says where it was looked for and what comes near. */
export class UnknownTaskError extends Error {
  override readonly name = 'UnknownTaskError';
}

/** A task's module exists but could not be loaded; never taken for an unknown task. */
export class TaskLoadError extends Error {
  override readonly name = 'TaskLoadError';
}

/**
 * Built-in tasks come first, then modules of the suite: `<suite_path>/tasks/` and `<suite_path>/suites/<suite>/tasks/`. A suite's
 * module of the name of a built-in one is never looked at.
 */
export function createTaskRegistry(params: {
  builtIn: TaskModules;
  suitePath: string | null;
  suite: string | null;
}): TaskRegistry {
  const folders = suiteTaskFolders(params.suitePath, params.suite);
  const known = new Map<string, Promise<ResolvedTask>>();
  const modules = new Map<string, Promise<FoundModule>>();

  const moduleOf = (name: string): Promise<FoundModule> => {
    const loaded = modules.get(name) ?? loadModule({ name, builtIn: params.builtIn, folders });
    modules.set(name, loaded);
    return loaded;
  };
  return {
    resolve(name) {
      const wanted = taskName(name);
      const found = known.get(wanted) ?? resolveTask(wanted, moduleOf);
      known.set(wanted, found);
      return found;
    },
  };
}

interface FoundModule {
  readonly exports: TaskModule;
  readonly logger: string;
  readonly origin: string;
}

const part = /^[A-Za-z_][A-Za-z0-9_]*$/;

async function resolveTask(
  name: string,
  moduleOf: (name: string) => Promise<FoundModule>,
): Promise<ResolvedTask> {
  const [module = '', attribute = 'task', ...more] = name.split('.');
  if (more.length > 0 || !part.test(module) || !part.test(attribute)) {
    throw new UnknownTaskError(`'${name}' is not a task name: expected 'task' or 'module.task'`);
  }
  const found = await moduleOf(module);
  const task = Object.hasOwn(found.exports, attribute) ? found.exports[attribute] : undefined;
  if (typeof task !== 'function') throw noSubtask({ module, attribute, found });
  return { name, run: task as Task, logger: found.logger };
}

async function loadModule(params: {
  name: string;
  builtIn: TaskModules;
  folders: readonly string[];
}): Promise<FoundModule> {
  const { name, builtIn, folders } = params;
  const load = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
  if (load) {
    const exports = await orLoadError(load(), `built-in task '${name}'`);
    return { exports, logger: `teuthology.task.${name}`, origin: 'the built-in module' };
  }
  const { file, available, python } = await findTaskModule(name, folders);
  if (file === null)
    throw unknownTask({ name, folders, python, known: [...Object.keys(builtIn), ...available] });
  const exports = await orLoadError(
    import(pathToFileURL(file).href) as Promise<TaskModule>,
    `task '${name}' (${file})`,
  );
  return { exports, logger: `tasks.${name}`, origin: file };
}

async function orLoadError(loading: Promise<TaskModule>, what: string): Promise<TaskModule> {
  try {
    return await loading;
  } catch (cause) {
    throw new TaskLoadError(`${what} exists but could not be loaded: ${toError(cause).message}`, { cause });
  }
}

function unknownTask(params: {
  name: string;
  folders: readonly string[];
  python: string | null;
  known: readonly string[];
}): UnknownTaskError {
  const { name, folders, python, known } = params;
  const instead = python === null ? insteadOf(name) : null;
  if (instead !== null) return new UnknownTaskError(`there is no task '${name}': ${instead}`);
  const near = nearMisses(name, known);
  const hint = near.length > 0 ? `; did you mean ${near.map((each) => `'${each}'`).join(' or ')}?` : '';
  const where =
    folders.length > 0
      ? `the built-in tasks or in ${folders.join(', ')}`
      : 'the built-in tasks (the job has no suite_path)';
  const written = python === null ? '' : `; ${python} is Python and has to be rewritten as a module`;
  return new UnknownTaskError(`unknown task '${name}': not among ${where}${written}${hint}`);
}

function noSubtask(params: { module: string; attribute: string; found: FoundModule }): UnknownTaskError {
  const { module, attribute, found } = params;
  const offered = Object.keys(found.exports).filter((key) => typeof found.exports[key] === 'function');
  const text =
    attribute === 'task'
      ? `'${module}' has no task of its own: ${found.origin} does not export 'task'`
      : `No subtask of '${module}' named '${attribute}' was found in ${found.origin}`;
  return new UnknownTaskError(`${text} (it has: ${offered.join(', ') || 'nothing'})`);
}

import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const endings = ['.ts', '.js', '.mjs'];

/** Where a suite keeps tasks of its own, nearest to the root first. A suite's name may carry ':' for '/'. */
export function suiteTaskFolders(suitePath: string | null, suite: string | null): string[] {
  if (suitePath === null) return [];
  const folders = [join(resolve(suitePath), 'tasks')];
  const parts = suite?.split(/[:/]/).filter((part) => part !== '' && part !== '.') ?? [];
  if (parts.length > 0 && !parts.includes('..')) {
    folders.push(join(resolve(suitePath), 'suites', ...parts, 'tasks'));
  }
  return folders;
}

/**
 * Looks for the module of a task. When there is none, `available` are the names that exist, and `python` is a file of the task's
 * name that was written for the original.
 */
export async function findTaskModule(
  name: string,
  folders: readonly string[],
): Promise<{ file: string | null; available: readonly string[]; python: string | null }> {
  const available: string[] = [];
  let python: string | null = null;
  for (const folder of folders) {
    const files = await readdir(folder).catch((): string[] => []);
    for (const ending of endings) {
      if (files.includes(name + ending)) return { file: join(folder, name + ending), available, python };
    }
    if (files.includes(`${name}.py`)) python ??= join(folder, `${name}.py`);
    available.push(...files.flatMap(moduleName));
  }
  return { file: null, available, python };
}

function moduleName(file: string): string[] {
  const ending = endings.find((each) => file.endsWith(each));
  return ending === undefined || /\.(test|d)\./.test(file) ? [] : [file.slice(0, -ending.length)];
}

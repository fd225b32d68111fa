import { isJobKey, nearJobKeys } from './job-keys.ts';
import { showValue } from './job-problem.ts';
import { requirementProblems } from './node-requirements.ts';
import { listedTasks, stringsIn, taskNameOf } from './task-list.ts';
import { TargetError, parseTargets, tooFewTargets } from './targets.ts';
import { YamlFloat, isYamlMap, toPlain } from './yaml-value.ts';
import type { DocumentPath } from './job-problem.ts';
import type { YamlMap, YamlValue } from './yaml-value.ts';

/** A finding before it is known which file it is in. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly path: DocumentPath;
  readonly value: YamlValue;
  readonly sentence: string;
}

/** A merged job, or one of the documents that it is made of. */
type Scope = 'job' | 'fragment';

type Check = (config: YamlMap, scope: Scope) => Finding[];

/** Everything that is wrong with a merged job, or looks it, as far as its structure tells. Types of single keys are the schema's. */
export function findingsIn(config: YamlMap, scope: Scope = 'job'): Finding[] {
  const checks: readonly Check[] = [
    tasksFindings,
    rolesFindings,
    targetsFindings,
    requirementFindings,
    versionFindings,
    unknownKeyFindings,
  ];
  return checks.flatMap((check) => check(config, scope));
}

function tasksFindings(config: YamlMap): Finding[] {
  const tasks = config.get('tasks') ?? null;
  if (tasks === null) return [warning([], null, 'the job has no tasks')];
  if (!Array.isArray(tasks))
    return [error(['tasks'], tasks, `tasks must be a list, found ${showValue(tasks)}`)];
  const list = tasks as YamlValue[];
  return [
    ...listedTasks(list, ['tasks']).flatMap(({ path, entry }) => taskFindings(config, path, entry)),
    ...kernelFindings(list),
  ];
}

function taskFindings(config: YamlMap, path: DocumentPath, entry: YamlValue): Finding[] {
  if (taskNameOf(entry) !== null) return [];
  if (typeof entry === 'string' && config.has(entry)) return [];
  return [error(path, entry, `Invalid task definition: ${showValue(entry)} ${taskHint(entry)}`)];
}

function taskHint(entry: YamlValue): string {
  if (typeof entry === 'string') return `has no colon; did you mean '${entry}:'?`;
  if (isYamlMap(entry) && entry.size > 1)
    return 'is a map of several keys; indent the configuration below its task';
  return 'is not a map of one task name';
}

function kernelFindings(tasks: readonly YamlValue[]): Finding[] {
  return tasks.flatMap((entry, index) =>
    taskNameOf(entry) === 'kernel'
      ? [error(['tasks', index], entry, 'kernel installation should be a top-level key, not a task')]
      : [],
  );
}

function rolesFindings(config: YamlMap): Finding[] {
  const roles = config.get('roles') ?? null;
  if (roles === null) return [];
  if (!Array.isArray(roles))
    return [error(['roles'], roles, `roles must be a list of lists, found ${showValue(roles)}`)];
  const lists = roles as YamlValue[];
  return [...lists.flatMap(hostFindings), ...repeatedRoles(lists)];
}

function hostFindings(host: YamlValue, index: number): Finding[] {
  if (!Array.isArray(host)) {
    return [
      error(
        ['roles', index],
        host,
        `each entry of roles must be the list of one host, found ${showValue(host)}`,
      ),
    ];
  }
  return (host as YamlValue[]).flatMap((role, position) =>
    typeof role === 'string'
      ? []
      : [error(['roles', index, position], role, `a role must be text, found ${showValue(role)}`)],
  );
}

function repeatedRoles(lists: readonly YamlValue[]): Finding[] {
  const seen = new Set<YamlValue>();
  return lists.flatMap((host, index) => {
    if (!Array.isArray(host)) return [];
    return (host as YamlValue[]).flatMap((role, position) => {
      if (!seen.has(role)) {
        seen.add(role);
        return [];
      }
      const sentence = `role ${showValue(role)} is listed twice; tasks that need one host for it will fail`;
      return [warning(['roles', index, position], role, sentence)];
    });
  });
}

function targetsFindings(config: YamlMap): Finding[] {
  const targets = config.get('targets') ?? null;
  const roles = config.get('roles') ?? null;
  if (targets === null) return [];
  try {
    const found = parseTargets(toPlain(targets)).length;
    const needed = Array.isArray(roles) ? roles.length : 0;
    return found >= needed ? [] : [error(['targets'], targets, tooFewTargets(needed, found))];
  } catch (cause) {
    if (!(cause instanceof TargetError)) throw cause;
    const path = isYamlMap(targets) && targets.has(cause.target) ? ['targets', cause.target] : ['targets'];
    return [error(path, targets, cause.message)];
  }
}

function requirementFindings(config: YamlMap, scope: Scope): Finding[] {
  return requirementProblems(config, scope).map(({ path, value, sentence }) => error(path, value, sentence));
}

/** `os_version: 16.10` is the number 16.1 in YAML, which no machine has. */
function versionFindings(config: YamlMap): Finding[] {
  const version = config.get('os_version') ?? null;
  if (typeof version !== 'number' && !(version instanceof YamlFloat)) return [];
  return [
    warning(
      ['os_version'],
      version,
      `os_version is the number ${String(version)}; quote versions, as in '${String(version)}'`,
    ),
  ];
}

function unknownKeyFindings(config: YamlMap): Finding[] {
  const named = new Set(
    stringsIn([...config].filter(([key]) => key !== 'description').map(([, value]) => value)),
  );
  return [...config].flatMap(([key, value]) => {
    if (typeof key !== 'string')
      return [warning([key], value, `the key ${String(key)} is not text; nothing reads it`)];
    if (isJobKey(key) || named.has(key)) return [];
    const [near] = nearJobKeys(key);
    const hint = near === undefined ? '' : `, did you mean '${near}'?`;
    return [warning([key], value, `nothing reads the key '${key}'${hint}`)];
  });
}

function error(path: DocumentPath, value: YamlValue, sentence: string): Finding {
  return { severity: 'error', path, value, sentence };
}

function warning(path: DocumentPath, value: YamlValue, sentence: string): Finding {
  return { severity: 'warning', path, value, sentence };
}

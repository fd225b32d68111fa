import { deepMerge } from './deep-merge.ts';
import { fromPlain, toPlain } from './yaml-value.ts';
import type { PlainValue } from './yaml-value.ts';

interface Job {
  readonly [key: string]: PlainValue | undefined;
}

/** What `overrides.<task>` says, or null. The key is the task's own name, with `-` where the YAML has it. */
export function overridesFor(job: Job, task: string): PlainValue {
  return at(job['overrides'], task);
}

/**
 * A task's config with its overrides deep-merged over it: they win, and lists are appended. Throws MergeConflictError when a
 * map or a list would be replaced by something else.
 */
export function withOverrides(job: Job, task: string, config: PlainValue): PlainValue {
  return mergeOver(config, overridesFor(job, task));
}

/** `install` takes its overrides per project, and `repos` and `extra_system_packages` whatever the project. */
export function withInstallOverrides(job: Job, project: string, config: PlainValue): PlainValue {
  const all = overridesFor(job, 'install');
  const shared = ['repos', 'extra_system_packages'].flatMap((key) => {
    const value = at(all, key);
    return value === null ? [] : [[key, value] as const];
  });
  return mergeOver(
    mergeOver(config, at(all, project)),
    shared.length === 0 ? null : Object.fromEntries(shared),
  );
}

/** The same for an upgrade; when its config names a branch, tag or commit, those of the overrides are left out. */
export function withUpgradeOverrides(job: Job, project: string, config: PlainValue): PlainValue {
  if (refs.every((ref) => at(config, ref) === null)) return withInstallOverrides(job, project, config);
  const install = mapOf(overridesFor(job, 'install'));
  const own = Object.entries(mapOf(install[project])).filter(([key]) => !refs.includes(key));
  const overrides = { install: { ...install, [project]: Object.fromEntries(own) } };
  return withInstallOverrides({ overrides }, project, config);
}

const refs: readonly string[] = ['branch', 'tag', 'sha1'];

function mapOf(value: PlainValue | undefined): { readonly [key: string]: PlainValue } {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

function mergeOver(config: PlainValue, overrides: PlainValue): PlainValue {
  if (overrides === null) return config;
  return toPlain(deepMerge(fromPlain(config), fromPlain(overrides)));
}

function at(value: PlainValue | undefined, key: string): PlainValue {
  const map = mapOf(value);
  return Object.hasOwn(map, key) ? (map[key] ?? null) : null;
}

import { deepMerge } from '../config/deep-merge.ts';
import { isYamlMap } from '../config/yaml-value.ts';
import type { YamlKey, YamlMap, YamlValue } from '../config/yaml-value.ts';

/** Why a job is left out for the machines that it would get; null when it is not. Only a single value excludes, as in the original. */
export function exclusion(
  config: YamlMap,
  machine: { arch: string | null; osType: YamlValue },
): string | null {
  const arch = config.get('exclude_arch') ?? null;
  if (arch !== null && arch === machine.arch) return `excludes the architecture ${machine.arch}`;
  const osType = config.get('exclude_os_type') ?? null;
  const own = config.get('os_type') ?? machine.osType;
  return osType !== null && osType === own ? `excludes the system ${String(own)}` : null;
}

/**
 * The job with the hashes of the base config wherever the base has them and the job has the same maps around, so that no fragment
 * pins `sha1` or `suite_sha1` by accident; tasks are left alone.
 */
export function withBaseHashes(config: YamlMap, base: YamlMap): YamlMap {
  return ['sha1', 'suite_sha1'].reduce((job, key) => withKeyOf(job, base, key), config);
}

function withKeyOf(config: YamlMap, base: YamlMap, wanted: string): YamlMap {
  let result: Map<YamlKey, YamlValue> | null = null;
  for (const [key, value] of base) {
    const own = config.get(key);
    const next =
      key === wanted ? value : isYamlMap(value) && isYamlMap(own) ? withKeyOf(own, value, wanted) : own;
    if (next === undefined || next === own) continue;
    result ??= new Map(config);
    result.set(key, next);
  }
  return result ?? config;
}

/** The flavor of packages that a job installs, as its first `install` task and the overrides for it say. */
export function packageFlavor(config: YamlMap): string {
  const install = installConfig(config);
  if (has(install, 'path')) return 'local';
  if (has(install, 'valgrind')) return 'notcmalloc';
  if (has(install, 'coverage')) return 'gcov';
  const flavor = install.get('flavor') ?? null;
  return flavor === null || flavor === '' ? 'default' : String(flavor);
}

function installConfig(config: YamlMap): YamlMap {
  const own = firstInstall(config.get('tasks') ?? null);
  const overrides = config.get('overrides') ?? null;
  const given = isYamlMap(overrides) ? (overrides.get('install') ?? null) : null;
  const forAll = asMap(deepMerge(own, asMap(given)));
  const project = String(forAll.get('project') ?? 'ceph');
  return asMap(deepMerge(forAll, asMap(isYamlMap(given) ? (given.get(project) ?? null) : null)));
}

function firstInstall(tasks: YamlValue): YamlMap {
  if (!Array.isArray(tasks)) return new Map();
  const entry = (tasks as readonly YamlValue[]).find((task) => isYamlMap(task) && task.has('install'));
  return asMap(isYamlMap(entry) ? (entry.get('install') ?? null) : null);
}

function asMap(value: YamlValue): YamlMap {
  return isYamlMap(value) ? value : new Map();
}

/** Present and true in the eyes of Python. */
function has(map: YamlMap, key: string): boolean {
  const value = map.get(key) ?? null;
  if (isYamlMap(value) || value instanceof Set) return value.size > 0;
  if (Array.isArray(value)) return value.length > 0;
  return value !== null && value !== false && value !== '' && Number(value) !== 0;
}

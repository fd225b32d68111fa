import { YamlFloat, isYamlMap } from './yaml-value.ts';
import type { YamlMap, YamlValue } from './yaml-value.ts';

/** What a job needs of the lab before it can start. */
export interface JobRequirements {
  readonly nodeCount: number;
  readonly machineType: string | null; // one type, or several separated by commas; null = the lab's default
  readonly osType: string | null;
  readonly osVersion: string | null;
  readonly arch: string | null;
  readonly priority: number; // lower is sooner
}

/** The priority of a job that names none. */
const defaultPriority = 1000;

/** What a merged job asks for: one node for each entry of `roles`, or of `targets` when it has no roles. */
export function jobRequirements(config: YamlMap): JobRequirements {
  const priority = config.get('priority');
  return {
    nodeCount: nodeCount(config),
    machineType: machineType(config),
    osType: text(config, 'os_type'),
    osVersion: text(config, 'os_version'),
    arch: text(config, 'arch'),
    priority: typeof priority === 'number' ? priority : defaultPriority,
  };
}

function nodeCount(config: YamlMap): number {
  const roles = config.get('roles') ?? null;
  if (Array.isArray(roles)) return roles.length;
  const targets = config.get('targets') ?? null;
  return isYamlMap(targets) ? targets.size : 0;
}

/** `machine-type` wins over `machine_type`; types are separated by commas or blanks. */
function machineType(config: YamlMap): string | null {
  const written = text(config, 'machine-type') ?? text(config, 'machine_type');
  const types = written?.split(/[\s,]+/).filter((type) => type !== '') ?? [];
  return types.length === 0 ? null : types.join(',');
}

function text(config: YamlMap, key: string): string | null {
  const value: YamlValue = config.get(key) ?? null;
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof YamlFloat)
    return String(value);
  return null;
}

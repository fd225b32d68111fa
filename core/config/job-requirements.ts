import { nodeRequirements, typeList } from './node-requirements.ts';
import type { NodeRequirement } from './node-requirements.ts';
import type { RoleWish } from '../locks/match.ts';
import { YamlFloat, isYamlMap } from './yaml-value.ts';
import type { YamlMap, YamlValue } from './yaml-value.ts';

/** What a job needs of the lab before it can start. */
export interface JobRequirements {
  readonly nodeCount: number;
  readonly machineType: string | null; // one type, or several separated by commas; null = the lab's default
  readonly osType: string | null;
  readonly osVersion: string | null;
  readonly arch: string | null;
  readonly byNode: readonly NodeRequirement[] | null; // for each entry of `roles`; null = all as above
  readonly priority: number; // lower is sooner
}

/** The priority of a job that names none. */
const defaultPriority = 1000;

/** What a merged job asks for: one node for each entry of `roles`, or of `targets` when it has no roles. Throws RequirementError. */
export function jobRequirements(config: YamlMap): JobRequirements {
  const priority = config.get('priority');
  return {
    nodeCount: nodeCount(config),
    machineType: machineType(config),
    osType: text(config, 'os_type'),
    osVersion: text(config, 'os_version'),
    arch: text(config, 'arch'),
    byNode: nodeRequirements(config),
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
  return typeList(written ?? '') || null;
}

function text(config: YamlMap, key: string): string | null {
  const value: YamlValue = config.get(key) ?? null;
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof YamlFloat)
    return String(value);
  return null;
}

/**
 * What each node of a job must be, in the order of `roles`; null when they are all to be the same. What `requirements` leaves open is as the job
 * says for all, but for the version of another system. `machineType` is for a job that names none.
 */
export function roleWishes(wishes: JobRequirements, machineType: string): RoleWish[] | null {
  return (
    wishes.byNode?.map((own) => {
      const otherSystem = own.osType !== null && own.osType.toLowerCase() !== wishes.osType?.toLowerCase();
      return {
        role: own.role,
        machineType: own.machineType ?? wishes.machineType ?? machineType,
        osType: own.osType ?? wishes.osType,
        osVersion: own.osVersion ?? (otherSystem ? null : wishes.osVersion),
        arch: own.arch ?? wishes.arch,
      };
    }) ?? null
  );
}

/** The systems that the nodes of a job are to have, in the order of `roles`, or of `targets` when it has none. Throws RequirementError. */
export function systemWishes(config: YamlMap): { osType: string | null; osVersion: string | null }[] {
  const wishes = jobRequirements(config);
  const { osType, osVersion } = wishes;
  return (
    roleWishes(wishes, '') ?? Array.from({ length: wishes.nodeCount }, () => ({ osType, osVersion }))
  ).map((wish) => ({ osType: wish.osType, osVersion: wish.osVersion }));
}

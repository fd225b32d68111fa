import { isSameRole, isType } from './roles.ts';
import type { RolesByHost } from './roles.ts';
import { expandRoles } from './role-patterns.ts';
import { nearMisses } from './near-misses.ts';
import { showValue } from './job-problem.ts';
import type { DocumentPath } from './job-problem.ts';
import { YamlFloat, isYamlMap } from './yaml-value.ts';
import type { YamlMap, YamlValue } from './yaml-value.ts';

/** What the node of an entry of `roles` must be; null = whatever the job says for all. */
export interface NodeRequirement {
  readonly role: string; // the roles, or types of roles, that ask for it; else the first of the node
  readonly machineType: string | null;
  readonly osType: string | null;
  readonly osVersion: string | null;
  readonly arch: string | null;
}

/** Something wrong with `requirements`. */
export interface RequirementProblem {
  readonly path: DocumentPath;
  readonly value: YamlValue;
  readonly sentence: string;
}

/** `requirements` of a job that cannot be met by any nodes, or not be understood. */
export class RequirementError extends Error {
  override readonly name = 'RequirementError';
}

const fields = {
  machine_type: 'machineType',
  os_type: 'osType',
  os_version: 'osVersion',
  arch: 'arch',
} as const;
type Field = (typeof fields)[keyof typeof fields];
type Asked = Partial<Record<Field, string>>;

/**
 * What `requirements` says of the node of each entry of `roles`, in their order; null when the job has none. A key is a role, a type of roles or
 * a pattern as in the lists of tasks; what holds for several roles of a node is put together. Throws RequirementError.
 */
export function nodeRequirements(config: YamlMap): NodeRequirement[] | null {
  if ((config.get('requirements') ?? null) === null) return null;
  const [first] = requirementProblems(config);
  if (first !== undefined) throw new RequirementError(first.sentence);
  const asked = askedIn(config);
  return rolesIn(config).map((roles) => {
    const own = asked.filter(({ key }) => isFor(key, roles));
    const together: Asked = Object.assign({}, ...own.map(({ wish }) => wish));
    const { machineType = null, osType = null, osVersion = null, arch = null } = together;
    const role = own.map(({ key }) => key).join(' and ') || (roles[0] ?? 'a node without roles');
    return { role, machineType, osType, osVersion, arch };
  });
}

/** Everything that is wrong with `requirements`. Of a `fragment` only what does not depend on the roles, which may be elsewhere. */
export function requirementProblems(
  config: YamlMap,
  scope: 'job' | 'fragment' = 'job',
): RequirementProblem[] {
  const value = config.get('requirements') ?? null;
  if (value === null) return [];
  if (!isYamlMap(value)) {
    const sentence = `requirements must be a map of role to what its node must be, found ${showValue(value)}`;
    return [{ path: ['requirements'], value, sentence }];
  }
  const wrong = [...value].flatMap(([key, wish]) => shapeProblems(String(key), wish));
  if (wrong.length > 0 || scope === 'fragment') return wrong;
  const roles = rolesIn(config);
  const unknown = [...value].flatMap(([key, wish]) => unknownRole(String(key), wish, roles));
  return [...unknown, ...roles.flatMap((each) => contradictions(config, each))];
}

function shapeProblems(key: string, wish: YamlValue): RequirementProblem[] {
  const path = ['requirements', key];
  if (wish === null) return [];
  if (!isYamlMap(wish)) {
    const known = Object.keys(fields).join(', ');
    const sentence = `the requirements of ${key} must be a map of ${known}, found ${showValue(wish)}`;
    return [{ path, value: wish, sentence }];
  }
  return [...wish].flatMap(([field, value]) => {
    const problem = fieldProblem(String(field), value);
    if (problem === null) return [];
    return [{ path: [...path, field], value, sentence: `the requirements of ${key} have ${problem}` }];
  });
}

function fieldProblem(field: string, value: YamlValue): string | null {
  if (!Object.hasOwn(fields, field)) {
    const [near] = nearMisses(field, Object.keys(fields));
    const hint =
      near === undefined
        ? `, which is none of ${Object.keys(fields).join(', ')}`
        : `; did you mean '${near}'?`;
    return `the key '${field}'${hint}`;
  }
  return textOf(value) === null ? `${field}: ${showValue(value)}, which is not text` : null;
}

function unknownRole(key: string, value: YamlValue, roles: RolesByHost): RequirementProblem[] {
  if (roles.some((host) => isFor(key, host))) return [];
  const has = roles.length === 0 ? 'the job has no roles' : `the roles are ${roles.flat().join(', ')}`;
  const sentence = `requirements name ${key}, which no node plays: ${has}`;
  return [{ path: ['requirements', key], value, sentence }];
}

function contradictions(config: YamlMap, roles: readonly string[]): RequirementProblem[] {
  const own = askedIn(config).filter(({ key }) => isFor(key, roles));
  return Object.entries(fields).flatMap(([field, name]) => {
    const [first, ...others] = own.filter(({ wish }) => wish[name] !== undefined);
    const other = others.find(({ wish }) => folded(wish[name]) !== folded(first?.wish[name]));
    if (first === undefined || other === undefined) return [];
    const sentence = `the node of ${roles.join(', ')} cannot be what is required: ${first.key} wants ${field} ${first.wish[name]}, ${other.key} wants ${other.wish[name]}`;
    return [{ path: ['requirements', other.key, field], value: other.wish[name] ?? null, sentence }];
  });
}

function askedIn(config: YamlMap): { key: string; wish: Asked }[] {
  const value = config.get('requirements') ?? null;
  if (!isYamlMap(value)) return [];
  return [...value].map(([key, wish]) => ({ key: String(key), wish: isYamlMap(wish) ? askedBy(wish) : {} }));
}

function askedBy(wish: YamlMap): Asked {
  const asked: Asked = {};
  for (const [field, name] of Object.entries(fields)) {
    const text = textOf(wish.get(field) ?? null);
    if (text !== null) asked[name] = name === 'machineType' ? typeList(text) : text;
  }
  return asked;
}

/** Whether what a key says holds for a node that plays these roles. */
function isFor(key: string, roles: readonly string[]): boolean {
  const named = expandRoles([roles], [key]);
  return roles.some((role) => isType(key)(role) || named.some((name) => isSameRole(name, role)));
}

function rolesIn(config: YamlMap): RolesByHost {
  const roles = config.get('roles') ?? null;
  if (!Array.isArray(roles)) return [];
  return (roles as YamlValue[]).map((host) => {
    return Array.isArray(host) ? (host as YamlValue[]).filter((role) => typeof role === 'string') : [];
  });
}

/** Types are separated by commas or blanks. */
export function typeList(written: string): string {
  return written
    .split(/[\s,]+/)
    .filter((type) => type !== '')
    .join(',');
}

function textOf(value: YamlValue): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value;
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof YamlFloat)
    return String(value);
  return null;
}

function folded(text: string | undefined): string {
  return (text ?? '').toLowerCase();
}

/** A role taken apart: `[cluster.]type.id`. */
export interface ParsedRole {
  readonly cluster: string;
  readonly type: string;
  readonly id: string; // may hold dots
}

/** The roles of each host, in the order of `roles`. */
export type RolesByHost = readonly (readonly string[])[];

/** What a task asked for with a role name cannot be given. */
export class RoleError extends Error {
  override readonly name = 'RoleError';
  readonly role: string;
  constructor(role: string, reason: string) {
    super(reason);
    this.role = role;
  }
}

const defaultCluster = 'ceph';
const knownTypes: ReadonlySet<string> = new Set(['mon', 'mgr', 'osd', 'mds', 'rgw', 'client']);

/**
 * Takes a role apart. The text before the first of several dots is a cluster only when it is `ceph`, or when a known type
 * follows it and it is none itself: `backup.osd.3` has a cluster, `client.rgw.foo` has the id `rgw.foo`. Throws RoleError
 * for a label without a dot.
 */
export function splitRole(role: string): ParsedRole {
  const [first = '', second, ...rest] = role.split('.');
  if (second === undefined) throw new RoleError(role, `role '${role}' is not of the form [cluster.]type.id`);
  const hasCluster =
    rest.length > 0 && (first === defaultCluster || (knownTypes.has(second) && !knownTypes.has(first)));
  if (hasCluster) return { cluster: first, type: second, id: rest.join('.') };
  return { cluster: defaultCluster, type: first, id: [second, ...rest].join('.') };
}

/** Like `splitRole`, but null for a label without a dot. */
export function parseRole(role: string): ParsedRole | null {
  return role.includes('.') ? splitRole(role) : null;
}

/** `type.id` of a role, its cluster left out. */
export function cephRole(role: string): string {
  const { type, id } = splitRole(role);
  return `${type}.${id}`;
}

/** Whether two names mean the same role: `ceph.client.0` is `client.0`; labels only equal themselves. */
export function isSameRole(a: string, b: string): boolean {
  if (a === b) return true;
  const [left, right] = [parseRole(a), parseRole(b)];
  if (left === null || right === null) return false;
  return left.cluster === right.cluster && left.type === right.type && left.id === right.id;
}

/** A predicate on roles of a type; of every cluster unless one is named. Labels never match. */
export function isType(type: string, cluster: string | null = null): (role: string) => boolean {
  return (role) => {
    const parsed = parseRole(role);
    return parsed !== null && parsed.type === type && (cluster === null || parsed.cluster === cluster);
  };
}

/** The full names of the roles of a type on one host. */
export function clusterRolesOfType(
  roles: readonly string[],
  type: string,
  cluster: string | null = null,
): string[] {
  return roles.filter(isType(type, cluster));
}

/** The ids of the roles of a type on one host, in any cluster. */
export function rolesOfType(roles: readonly string[], type: string): string[] {
  return clusterRolesOfType(roles, type).map((role) => splitRole(role).id);
}

/** Every role of every host, in order. */
export function allRoles(hosts: RolesByHost): string[] {
  return hosts.flat();
}

/** The ids of a type over all hosts, in order. */
export function allRolesOfType(hosts: RolesByHost, type: string): string[] {
  return rolesOfType(hosts.flat(), type);
}

/** How many roles of a type a cluster has. */
export function countRolesOfType(hosts: RolesByHost, type: string, cluster: string = defaultCluster): number {
  return clusterRolesOfType(hosts.flat(), type, cluster).length;
}

/** The full names of the monitors of a cluster. */
export function monNames(hosts: RolesByHost, cluster: string = defaultCluster): string[] {
  return clusterRolesOfType(hosts.flat(), 'mon', cluster);
}

/** The monitor whose name sorts first by code points. Throws RoleError when the cluster has none. */
export function firstMon(hosts: RolesByHost, cluster: string = defaultCluster): string {
  const [first] = monNames(hosts, cluster).sort(byCodePoint);
  if (first === undefined) throw new RoleError('mon.*', `cluster '${cluster}' has no mon role`);
  return first;
}

/** The id of a client role: `0` of `client.0`. Throws RoleError for any other role. */
export function clientId(role: string): string {
  const parsed = parseRole(role);
  if (parsed?.type === 'client') return parsed.id;
  throw new RoleError(role, `role '${role}' is not a client; write client.<id>`);
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

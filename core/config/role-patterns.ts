import { RoleError, allRoles, cephRole, isType, parseRole, splitRole } from './roles.ts';
import type { RolesByHost } from './roles.ts';

/**
 * The roles that a task's list names, without repeats and in the order named. `all-roles` is every role, `clients` every client,
 * `type.*` and `cluster.type.*` every role of that type, anything else itself. A pattern that matches nothing gives nothing;
 * whether a plain name exists is for the cluster to say.
 */
export function expandRoles(hosts: RolesByHost, names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => expandRole(hosts, name)))];
}

function expandRole(hosts: RolesByHost, name: string): string[] {
  const roles = allRoles(hosts);
  if (name === 'all-roles') return roles;
  if (name === 'clients') return roles.filter(isType('client'));
  const parsed = parseRole(name);
  if (parsed?.id !== '*') return [name];
  return roles.filter(isType(parsed.type, hasCluster(name) ? parsed.cluster : null));
}

function hasCluster(name: string): boolean {
  return name.split('.').length > 2;
}

/**
 * The daemons that a task like `ceph.restart` means: all of the allowed types for null, else what the entries name, where an id
 * of `*` is every daemon of that type in that cluster. Gives `type.id`, or with `keepCluster` names that carry
 * their cluster. Throws RoleError for an entry that is no role, or of another type.
 */
export function daemonRoles(
  hosts: RolesByHost,
  params: { entries: readonly string[] | null; types: readonly string[]; keepCluster?: boolean },
): string[] {
  const entries =
    params.entries ??
    params.types.flatMap((type) => clustersOf(hosts, type).map((name) => `${name}.${type}.*`));
  const found = entries.flatMap((entry) => daemonsOf(hosts, entry, params.types));
  return [...new Set(found.map((role) => nameOf(role, params.keepCluster ?? false)))];
}

function clustersOf(hosts: RolesByHost, type: string): string[] {
  return [
    ...new Set(
      allRoles(hosts)
        .filter(isType(type))
        .map((role) => splitRole(role).cluster),
    ),
  ];
}

function daemonsOf(hosts: RolesByHost, entry: string, types: readonly string[]): string[] {
  const { cluster, type, id } = splitRole(entry);
  if (!types.includes(type)) {
    throw new RoleError(entry, `role '${entry}' is of type '${type}', not one of ${types.join(', ')}`);
  }
  return id === '*' ? allRoles(hosts).filter(isType(type, cluster)) : [entry];
}

function nameOf(role: string, keepCluster: boolean): string {
  const { cluster, type, id } = splitRole(role);
  return keepCluster ? `${cluster}.${type}.${id}` : `${type}.${id}`;
}

/** `{all: X}` spelt out as `{client.<id>: X}` for every client; any other map as it is. Throws RoleError when `all` is not alone. */
export function replaceAllWithClients<T>(
  hosts: RolesByHost,
  config: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  if (!Object.hasOwn(config, 'all')) return config;
  const value = config['all'] as T;
  if (Object.keys(config).length > 1) {
    throw new RoleError(
      'all',
      `'all' must be the only key, found also ${Object.keys(config)
        .filter((key) => key !== 'all')
        .join(', ')}`,
    );
  }
  return Object.fromEntries(
    allRoles(hosts)
      .filter(isType('client'))
      .map((role) => [cephRole(role), value]),
  );
}

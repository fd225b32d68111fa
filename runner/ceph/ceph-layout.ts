import { allRoles, clusterRolesOfType, firstMon, splitRole } from '../../core/config/roles.ts';
import type { Cluster, Remote } from '../engine/task.ts';

/** One daemon or client of a Ceph cluster, and its host. */
export interface CephRole {
  readonly cluster: string;
  readonly type: string;
  readonly id: string; // as Ceph knows it: metadata servers may not begin with a digit, so that `mds.0` has the id `mds-0`
  readonly name: string; // `osd.0`: type and id
  readonly role: string; // as the job's roles say it; `osd.0`, or `backup.osd.0`
  readonly remote: Remote;
}

/** The roles of one Ceph cluster by type, each in the order of the job. */
export interface CephLayout {
  readonly cluster: string;
  readonly mons: readonly CephRole[];
  readonly mgrs: readonly CephRole[];
  readonly osds: readonly CephRole[];
  readonly mdss: readonly CephRole[];
  readonly clients: readonly CephRole[];
  readonly firstMon: CephRole;
  /** Hosts that have any of these roles. */
  readonly remotes: readonly Remote[];
}

/** The roles of the job make no Ceph cluster. */
export class CephLayoutError extends Error {
  override readonly name = 'CephLayoutError';
}

/**
 * Reads the roles of one cluster. Where no host has a manager and one is wanted, the first monitor's host gets one of the same
 * id: since Luminous no cluster is healthy without. Throws CephLayoutError for a cluster without monitors, and ids that Ceph refuses.
 */
export function readLayout(cluster: Cluster, params: { name: string; managers: boolean }): CephLayout {
  const { name } = params;
  const of = (type: string): CephRole[] =>
    cluster.hosts.flatMap(({ remote, roles }) =>
      clusterRolesOfType(roles, type, name).map((role) => readRole(role, remote)),
    );
  const mons = of('mon');
  if (mons.length === 0) {
    const roles = allRoles(cluster.hosts.map((host) => host.roles)).join(', ') || 'none';
    throw new CephLayoutError(`ceph: cluster '${name}' has no mon role; the roles are: ${roles}`);
  }
  const osds = of('osd');
  const odd = osds.find(({ id }) => !/^\d{1,5}$/.test(id));
  if (odd) throw new CephLayoutError(`ceph: role '${odd.role}' cannot be: the id of an OSD is a number`);
  const leader = firstMon(
    cluster.hosts.map((host) => host.roles),
    name,
  );
  const first = mons.find(({ role }) => role === leader) ?? mons[0]!;
  const named = params.managers ? of('mgr') : [];
  const prefix = first.role.slice(0, -first.name.length);
  const own = { ...first, type: 'mgr', name: `mgr.${first.id}`, role: `${prefix}mgr.${first.id}` };
  const mgrs = named.length > 0 || !params.managers ? named : [own];
  const [mdss, clients] = [of('mds'), of('client')];
  const remotes = [...new Set([...mons, ...mgrs, ...osds, ...mdss, ...clients].map(({ remote }) => remote))];
  return { cluster: name, mons, mgrs, osds, mdss, clients, firstMon: first, remotes };
}

/** Every daemon of a layout, in the order in which they start. */
export function daemonsOf(layout: CephLayout): readonly CephRole[] {
  return [...layout.mons, ...layout.mgrs, ...layout.osds, ...layout.mdss];
}

/** What of a layout is on a host. */
export function on<T extends { readonly remote: Remote }>(remote: Remote, roles: readonly T[]): T[] {
  return roles.filter((role) => role.remote === remote);
}

function readRole(role: string, remote: Remote): CephRole {
  const { cluster, type, id: given } = splitRole(role);
  const id = type === 'mds' && /^\d/.test(given) ? `mds-${given}` : given;
  return { cluster, type, id, name: `${type}.${id}`, role, remote };
}

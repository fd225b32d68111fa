import { isSameRole } from '../../core/config/roles.ts';
import type { Remote } from './remote.ts';

/** The hosts of a job with their roles, in the order of `roles`. Filters keep that order and return new clusters. */
export interface Cluster {
  readonly hosts: readonly ClusterHost[];
  readonly remotes: readonly Remote[];
  /** Hosts that have all the given roles (literal) and, for each predicate, at least one matching role. */
  only(...roles: readonly RoleMatch[]): Cluster;
  exclude(...roles: readonly RoleMatch[]): Cluster;
  filter(keep: (remote: Remote) => boolean): Cluster;
  /** The one host of a role; compares parsed roles, so `client.0` finds `ceph.client.0`. Throws with the roles that exist. */
  remoteOf(role: string): Remote;
  rolesOf(remote: Remote): readonly string[];
  /** Runs on every host at once and waits for all of them; rejects with the first failure after the others ended. */
  each(act: (remote: Remote, roles: readonly string[]) => Promise<void>): Promise<void>;
}

export interface ClusterHost {
  readonly remote: Remote;
  readonly roles: readonly string[];
}

export type RoleMatch = string | ((role: string) => boolean);

/** No host, or more than one, has a role that stands for exactly one. */
export class RoleNotFoundError extends Error {
  override readonly name = 'RoleNotFoundError';
  readonly role: string;
  constructor(role: string, params: { found: readonly ClusterHost[]; all: readonly ClusterHost[] }) {
    const { found, all } = params;
    const names = found.map((host) => host.remote.shortname).join(', ');
    const roles = all.flatMap((host) => host.roles).join(', ') || 'none';
    const what = found.length === 0 ? 'no host has it' : `${found.length} hosts have it: ${names}`;
    super(`Role '${role}' stands for one host, but ${what}; the roles are: ${roles}`);
    this.role = role;
  }
}

/** A cluster of the given hosts. A remote that is given twice throws. */
export function createCluster(hosts: readonly ClusterHost[]): Cluster {
  const remotes = hosts.map((host) => host.remote);
  const twice = remotes.find((remote, index) => remotes.indexOf(remote) !== index);
  if (twice !== undefined) throw new TypeError(`host ${twice.name} is in the cluster twice`);

  const having = (roles: readonly RoleMatch[]) =>
    hosts.filter((host) => roles.every((match) => host.roles.some((role) => matches(role, match))));
  return {
    hosts,
    remotes,
    only: (...roles) => createCluster(having(roles)),
    exclude(...roles) {
      const excluded = having(roles);
      return createCluster(hosts.filter((host) => !excluded.includes(host)));
    },
    filter: (keep) => createCluster(hosts.filter((host) => keep(host.remote))),
    remoteOf(role) {
      const found = hosts.filter((host) => host.roles.some((own) => isSameRole(own, role)));
      if (found.length !== 1 || found[0] === undefined) {
        throw new RoleNotFoundError(role, { found, all: hosts });
      }
      return found[0].remote;
    },
    rolesOf: (remote) => hosts.find((host) => host.remote === remote)?.roles ?? [],
    async each(act) {
      const ends = await Promise.allSettled(hosts.map(async (host) => act(host.remote, host.roles)));
      const failure = ends.find((end) => end.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    },
  };
}

function matches(role: string, match: RoleMatch): boolean {
  return typeof match === 'string' ? role === match : match(role);
}

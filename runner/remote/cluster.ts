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

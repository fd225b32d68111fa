import { isSameRole } from '../../core/config/roles.ts';
import type { Cluster } from '../remote/cluster.ts';
import type { Remote } from '../remote/remote.ts';

/** `hosts` of a task's config names nothing that the job has. */
export class NoSuchHostError extends Error {
  override readonly name = 'NoSuchHostError';
}

/** The hosts that a task is restricted to: each name is a role, a host name or a short name. Null is every host of the job. */
export function remotesNamed(params: {
  task: string;
  cluster: Cluster;
  names: readonly string[] | null;
}): readonly Remote[] {
  const { task, cluster, names } = params;
  if (names === null) return cluster.remotes;
  const chosen = new Set<Remote>();
  for (const name of names) {
    const matching = cluster.hosts.filter(({ remote, roles }) => {
      const own = [remote.name, remote.hostname, remote.shortname];
      return own.includes(name) || roles.some((role) => isSameRole(role, name));
    });
    if (matching.length === 0) {
      throw new NoSuchHostError(`${task}: 'hosts' names '${name}', which is no role and no host of this job`);
    }
    for (const { remote } of matching) chosen.add(remote);
  }
  return cluster.remotes.filter((remote) => chosen.has(remote));
}

import { bindRoles, parseTargets } from '../../core/config/targets.ts';
import type { Target } from '../../core/config/targets.ts';
import type { RolesByHost } from '../../core/config/roles.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { followTaskSignal } from '../engine/signal-following-remote.ts';
import type { StopControl } from '../engine/stop.ts';
import type { JobDocument, SiteSettings } from '../engine/task.ts';
import { createCluster } from '../remote/cluster.ts';
import type { Cluster } from '../remote/cluster.ts';
import { createSshRemote } from '../remote/ssh-remote.ts';
import type { JobNodes } from './job-nodes.ts';
import type { MakeRemote } from './job-run.ts';

/** A cluster of no hosts, for jobs without roles and before the hosts are known. */
export const emptyCluster: Cluster = createCluster([]);

/**
 * The hosts of a job with their roles. Makes the remotes and connects nothing; `sshkeys: ignore` unpins their keys, and the job's
 * `test_path` comes before the site's.
 */
export function makeCluster(params: {
  job: JobDocument;
  site: SiteSettings;
  log: Logger;
  stop: StopControl;
  makeRemote?: MakeRemote;
  nodes?: JobNodes;
}): Cluster {
  const { job, site, log, stop } = params;
  const testPath = typeof job['test_path'] === 'string' ? job['test_path'] : site.testPath;
  const overSsh: MakeRemote = (target) =>
    createSshRemote({
      target,
      site: { ...site, testPath },
      log: log.child('teuthology.orchestra'),
      signal: stop.unwinding,
      agentSocket: site.agentSocket,
    });
  const make = params.makeRemote ?? overSsh;
  const { nodes } = params;
  const makeRemote: MakeRemote = nodes ? (target) => nodes.follow(target, make) : make;
  const targets = parseTargets(job['targets'] ?? null, {
    labDomain: site.labDomain,
    defaultUser: site.testUser,
  });
  const bound = bindRoles((job['roles'] as RolesByHost | null | undefined) ?? null, targets);
  return createCluster(
    bound.map(({ target, roles }) => ({
      remote: followTaskSignal(makeRemote(unpinned(target, job)), stop.unwinding),
      roles,
    })),
  );
}

function unpinned(target: Target, job: JobDocument): Target {
  return job['sshkeys'] === 'ignore' ? { ...target, hostKey: null } : target;
}

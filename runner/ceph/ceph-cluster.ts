import type { TaskContext, Remote } from '../engine/task.ts';
import type { CephConf } from './ceph-conf.ts';
import type { CephLayout } from './ceph-layout.ts';
import type { Daemon } from './daemon.ts';
import type { CephStatus } from './ceph-status.ts';
import { readStatus } from './ceph-status.ts';
import { quoteWord } from '../remote/quote.ts';

/** A cluster that the `ceph` task brought up, as other tasks use it. */
export interface CephCluster {
  readonly name: string;
  readonly fsid: string;
  readonly conf: CephConf;
  readonly layout: CephLayout;
  readonly addresses: ReadonlyMap<Remote, string>;
  /** Every daemon, in the order of their start. Tasks such as `rgw` add theirs. */
  readonly daemons: Daemon[];
  /** Pools that tests made; `ceph.created_pool` adds to them. */
  readonly pools: Set<string>;
}

/** A job asks for a cluster that no `ceph` task of it has brought up. */
class NoCephClusterError extends Error {
  override readonly name = 'NoCephClusterError';
}

const clusters = new WeakMap<Map<string, unknown>, Map<string, CephCluster>>();

/** The clusters of a job by name; empty before the first `ceph` task. */
export function cephClusters(ctx: Pick<TaskContext, 'state'>): Map<string, CephCluster> {
  const known = clusters.get(ctx.state) ?? new Map<string, CephCluster>();
  clusters.set(ctx.state, known);
  return known;
}

/** A cluster that is up. Throws one sentence that names the task which needs it when it is not. */
export function cephCluster(ctx: Pick<TaskContext, 'state'>, task: string, name = 'ceph'): CephCluster {
  const found = cephClusters(ctx).get(name);
  if (found) return found;
  throw new NoCephClusterError(
    `${task}: there is no Ceph cluster '${name}' here; put 'ceph:' before '${task}:'`,
  );
}

/** One `ceph` command on the host of the first monitor; resolves with what it printed. */
export async function cephCommand(
  cluster: CephCluster,
  words: readonly string[],
  options: { signal?: AbortSignal; quiet?: boolean; check?: boolean } = {},
): Promise<string> {
  const { stdout } = await cluster.layout.firstMon.remote.run(
    ['sudo', 'timeout', '120', 'ceph', '--cluster', cluster.name, ...words],
    { collect: 'stdout', ...options },
  );
  return stdout;
}

/** Several `ceph` commands, one after the other in one round trip; the first that fails ends them. */
export async function cephCommands(
  cluster: CephCluster,
  commands: readonly (readonly string[])[],
): Promise<string> {
  const lines = commands.map((words) =>
    ['timeout', '120', 'ceph', '--cluster', cluster.name, ...words].map(quoteWord).join(' '),
  );
  return cluster.layout.firstMon.remote.sh(`sudo sh -ec ${quoteWord(lines.join('\n'))}`);
}

/** The cluster's status now. */
export async function cephStatus(cluster: CephCluster): Promise<CephStatus> {
  const text = await cephCommand(cluster, ['--connect-timeout', '30', 'status', '--format', 'json'], {
    quiet: true,
  });
  return readStatus(text);
}

import { randomUUID } from 'node:crypto';
import { isSameRole } from '../../core/config/roles.ts';
import { daemonRoles } from '../../core/config/role-patterns.ts';
import { withOverrides } from '../../core/config/overrides.ts';
import { bringUp } from '../ceph/bring-up-cluster.ts';
import { cephCluster, cephClusters } from '../ceph/ceph-cluster.ts';
import type { CephCluster } from '../ceph/ceph-cluster.ts';
import { cephArguments } from '../ceph/ceph-config.ts';
import type { Daemon } from '../ceph/daemon.ts';
import { waitHealthy, waitOsdsUp, waitQuorum } from '../ceph/wait-healthy.ts';
import type { PlainValue, Task, TaskContext } from '../engine/task.ts';
import { argument, required, taskArguments } from './args.ts';
import { flag, seconds, text, texts } from './argument-kinds.ts';
import { isConfigMap } from './task-config.ts';

/**
 * Brings up a Ceph cluster by the roles of the job and keeps its daemons running while the tasks below it run. At the end they
 * are stopped, the cluster's log is looked through, logs and stores are archived, and all of it is removed.
 */
export const task: Task = async (ctx, config) => {
  await bringUp(ctx, cephArguments.read(withOverrides(ctx.job, 'ceph', config)), randomUUID());
};

const types = ['mon', 'mgr', 'osd', 'mds', 'rgw', 'client'] as const;

const daemonArguments = taskArguments('ceph.restart', {
  daemons: argument({ usage: 'roles; `osd.*` is every OSD', kind: texts, fallback: [] }),
  'wait-for-healthy': argument({ usage: 'wait until the cluster is healthy', kind: flag, fallback: true }),
  'wait-for-osds-up': argument({ usage: 'wait until all OSDs are up', kind: flag, fallback: false }),
});

/** Stops daemons and starts them again, one after the other; null is all of them. Waits until the cluster is healthy. */
export const restart: Task = async (ctx, config) => {
  const asked = daemonArguments.read(asDaemons(config));
  const chosen = daemonsNamed(ctx, 'ceph.restart', asked.daemons);
  for (const daemon of chosen) await daemon.start();
  for (const cluster of clustersWith(ctx, chosen)) {
    if (asked['wait-for-osds-up']) await waitOsdsUp(ctx, cluster);
    if (asked['wait-for-healthy']) await waitHealthy(ctx, cluster);
  }
};

/** Stops daemons; null is all of them. They stay stopped. */
export const stop: Task = async (ctx, config) => {
  const { daemons } = daemonArguments.read(asDaemons(config));
  await Promise.all(daemonsNamed(ctx, 'ceph.stop', daemons).map((daemon) => daemon.stop()));
};

/** Waits until each of the daemons has ended by itself, which then is no failure. */
export const wait_for_failure: Task = async (ctx, config) => {
  const { daemons } = daemonArguments.read(asDaemons(config));
  for (const daemon of daemonsNamed(ctx, 'ceph.wait_for_failure', daemons)) {
    await daemon.waitForEnd({ timeoutMs: 300_000, signal: ctx.signal });
    ctx.log.info(`${daemon.role} has ended, as it was to`);
  }
};

const waitArguments = taskArguments('ceph.healthy', {
  cluster: argument({ usage: 'which cluster', kind: text, fallback: 'ceph' }),
  timeout: argument({ usage: 'how long to wait', kind: seconds, fallback: 600 }),
});

/** Waits until the cluster is healthy. */
export const healthy: Task = async (ctx, config) => {
  const { cluster, timeout } = waitArguments.read(config);
  await waitHealthy(ctx, cephCluster(ctx, 'ceph.healthy', cluster), timeout);
};

/** Waits until all OSDs that have a daemon are up. */
export const wait_for_osds_up: Task = async (ctx, config) => {
  const { cluster, timeout } = waitArguments.read(config);
  await waitOsdsUp(ctx, cephCluster(ctx, 'ceph.wait_for_osds_up', cluster), timeout);
};

const quorumArguments = taskArguments('ceph.wait_for_mon_quorum', {
  daemons: required({ usage: 'ids of monitors', kind: texts }),
  cluster: argument({ usage: 'which cluster', kind: text, fallback: 'ceph' }),
});

/** Waits until exactly the named monitors are in quorum: `[a, b]`. */
export const wait_for_mon_quorum: Task = async (ctx, config) => {
  const { daemons, cluster } = quorumArguments.read(asDaemons(config));
  const names = daemons.map((name) => name.replace(/^mon\./, ''));
  await waitQuorum(ctx, cephCluster(ctx, 'ceph.wait_for_mon_quorum', cluster), { names });
};

const poolArguments = taskArguments('ceph.created_pool', {
  pools: required({ usage: 'names of pools', kind: texts }),
  cluster: argument({ usage: 'which cluster', kind: text, fallback: 'ceph' }),
});

/** Makes pools known to the tasks below that a test has made by its own means. */
export const created_pool: Task = async (ctx, config) => {
  const given = isConfigMap(config) ? config : { pools: config };
  const { pools, cluster } = poolArguments.read(given);
  for (const pool of pools) cephCluster(ctx, 'ceph.created_pool', cluster).pools.add(pool);
};

function asDaemons(config: PlainValue): PlainValue {
  return isConfigMap(config) ? config : { daemons: config };
}

function daemonsNamed(ctx: TaskContext, task: string, names: readonly string[]): Daemon[] {
  const clusters = cephClusters(ctx);
  if (clusters.size === 0) cephCluster(ctx, task);
  const all = [...clusters.values()].flatMap((cluster) => cluster.daemons);
  if (names.length === 0) return all;
  // The manager that a job without one gets is in no list of roles, so names are looked up among the daemons themselves.
  const wanted = daemonRoles([all.map(({ role }) => role)], { entries: names, types, keepCluster: true });
  return wanted.map((name) => {
    const found = all.find(({ role }) => isSameRole(role, name));
    if (found) return found;
    throw new UnknownDaemonError(
      `${task}: there is no daemon '${name}'; there are ${all.map(({ role }) => role).join(', ')}`,
    );
  });
}

/** A sub-task names a daemon that no cluster of the job has. */
class UnknownDaemonError extends Error {
  override readonly name = 'UnknownDaemonError';
}

function clustersWith(ctx: TaskContext, daemons: readonly Daemon[]): CephCluster[] {
  return [...cephClusters(ctx).values()].filter((cluster) =>
    daemons.some((daemon) => cluster.daemons.includes(daemon)),
  );
}

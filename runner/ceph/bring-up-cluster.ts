import type { Remote, TaskContext } from '../engine/task.ts';
import { jobRunOf } from '../job/job-run.ts';
import {
  addressesOfMons,
  makeKeys,
  makeOsdStores,
  makeOsdUuids,
  prepareHosts,
  registerOsds,
} from './bring-up.ts';
import type { ClusterPlan } from './bring-up.ts';
import { makeConf, settingOf } from './ceph-conf.ts';
import type { CephConfig } from './ceph-config.ts';
import { cephClusters, cephCommands } from './ceph-cluster.ts';
import type { CephCluster } from './ceph-cluster.ts';
import { daemonsOf, on, readLayout } from './ceph-layout.ts';
import type { CephLayout } from './ceph-layout.ts';
import { clusterLogLines, scanClusterLog } from './cluster-log.ts';
import { collectLogs, collectMonStores } from './collect.ts';
import type { Daemon } from './daemon.ts';
import { makeFileSystem } from './file-system.ts';
import { probeHost, requireDevices } from './host-probe.ts';
import type { CephHost } from './host-probe.ts';
import { scrubAll } from './scrub.ts';
import { createDaemons, settingFor, stopDaemons } from './start-daemons.ts';
import { removeCluster, removeLogs } from './tear-down.ts';
import { judgeValgrind, usesValgrind } from './valgrind.ts';
import { waitHealthy, waitOsdsUp } from './wait-healthy.ts';

/** A job brings up a cluster that it has. */
class ClusterTwiceError extends Error {
  override readonly name = 'ClusterTwiceError';
}

/**
 * Brings up one cluster and leaves what undoes it. Hosts work at the same time, and a host gets one command a step: stores of
 * OSDs are made while the monitors find their quorum.
 */
export async function bringUp(ctx: TaskContext, config: CephConfig, fsid: string): Promise<CephCluster> {
  const name = config.cluster;
  const clusters = cephClusters(ctx);
  if (clusters.has(name))
    throw new ClusterTwiceError(
      `ceph: cluster '${name}' is up already; give the second one a name with 'cluster:'`,
    );
  const begun = Date.now();
  const layout = readLayout(ctx.cluster, { name, managers: !config.skip_mgr_daemons });
  const plan = await makePlan(ctx, { layout, config, fsid });
  const cluster: CephCluster = {
    name,
    fsid,
    conf: plan.conf,
    layout,
    addresses: new Map([...plan.hosts].map(([remote, { address }]) => [remote, address])),
    daemons: [],
    pools: new Set(),
  };
  const first = clusters.size === 0;
  clusters.set(name, cluster);
  // The first cluster's are undone last, when all the others have written their logs.
  if (first) {
    ctx.defer(() => removeLogs(ctx.cluster.remotes));
    ctx.defer(() => collectLogs(ctx, ctx.cluster.remotes));
  }
  ctx.defer(() => void clusters.delete(name));
  ctx.defer(() => removeCluster(ctx, layout));
  ctx.defer(() => collectMonStores(ctx, layout));
  const noted = first && ctx.archive !== null;
  if (noted) jobRunOf(ctx).addInfo('archive', archivedFolders(ctx));

  await prepareHosts(ctx, plan);
  const daemons = await createDaemons(ctx, cluster, { roles: daemonsOf(layout), config });
  let quiet = 0; // lines of the cluster's log that were written while it came up
  ctx.defer(() => leave(ctx, cluster, { config, first, from: quiet }));
  await startAll(ctx, { cluster, plan, daemons, config });
  quiet = await clusterLogLines(cluster);
  ctx.log.info(`Cluster ${name} was brought up in ${(Date.now() - begun) / 1000} s`);
  return cluster;
}

async function makePlan(
  ctx: TaskContext,
  params: { layout: CephLayout; config: CephConfig; fsid: string },
): Promise<ClusterPlan> {
  const { layout, config, fsid } = params;
  const probed = await Promise.all(
    layout.remotes.map(
      async (remote) => [remote, await probeHost(remote, programsOn(layout, config, remote))] as const,
    ),
  );
  const hosts: ReadonlyMap<Remote, CephHost> = new Map(probed);
  const monAddresses = addressesOfMons(layout, hosts, takenPorts(ctx));
  const conf = makeConf({
    identity: {
      fsid,
      mon_initial_members: layout.mons.map(({ id }) => id).join(','),
      mon_host: [...monAddresses.values()].join(','),
      ...([...hosts.values()].some(({ address }) => address.includes(':'))
        ? { ms_bind_ipv6: 'true', ms_bind_ipv4: 'false' }
        : {}),
    },
    given: config.conf,
  });
  for (const osd of layout.osds) {
    const host = hosts.get(osd.remote);
    if (host && settingOf(conf, osd, 'osd_objectstore') === 'bluestore') requireDevices(host);
  }
  return { layout, hosts, fsid, conf, monAddresses, keys: makeKeys(layout), osdUuids: makeOsdUuids(layout) };
}

function programsOn(layout: CephLayout, { valgrind }: CephConfig, remote: Remote): string[] {
  const daemons = on(remote, daemonsOf(layout));
  const types = new Set(daemons.map(({ type }) => type));
  const underValgrind = daemons.some((role) => settingFor(valgrind, role) !== undefined);
  return [
    'ceph',
    'monmaptool',
    ...[...types].map((type) => `ceph-${type}`),
    ...(underValgrind ? ['valgrind'] : []),
  ];
}

const portsKey = 'ceph.monitors-by-address';

function takenPorts(ctx: TaskContext): Map<string, number> {
  const known = (ctx.state.get(portsKey) as Map<string, number> | undefined) ?? new Map<string, number>();
  ctx.state.set(portsKey, known);
  return known;
}

async function startAll(
  ctx: TaskContext,
  params: { cluster: CephCluster; plan: ClusterPlan; daemons: readonly Daemon[]; config: CephConfig },
): Promise<void> {
  const { cluster, plan, daemons, config } = params;
  const start = (type: string): Promise<unknown> =>
    Promise.all(daemons.filter((daemon) => daemon.type === type).map((daemon) => daemon.start()));
  const quorum = async (): Promise<void> => {
    await start('mon');
    await registerOsds(ctx, plan);
    await start('mgr');
  };
  await settled(quorum(), makeOsdStores(ctx, plan));
  await settled(start('osd'), start('mds'));
  const osds = plan.layout.osds.length > 0;
  if (osds) await waitOsdsUp(ctx, cluster, Math.min(config['healthy-timeout'], 300));
  const commands = [
    ...(config.crush_tunables === 'default' ? [] : [['osd', 'crush', 'tunables', config.crush_tunables]]),
    ...(osds && config.create_rbd_pool ? rbdPool : []),
    ...(osds ? makeFileSystem(plan.layout, config.max_mds) : []),
  ];
  if (commands.length > 0) await cephCommands(cluster, commands);
  if (osds && config['wait-for-healthy'] && !config.skip_mgr_daemons) {
    await waitHealthy(ctx, cluster, config['healthy-timeout']);
  }
}

const rbdPool = [
  ['osd', 'pool', 'create', 'rbd', '8'],
  ['osd', 'pool', 'application', 'enable', 'rbd', 'rbd'],
];

/** Waits for all, also when one has failed, so that nothing goes on behind the back of the unwinding. */
async function settled(...work: readonly Promise<unknown>[]): Promise<void> {
  const failure = (await Promise.allSettled(work)).find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}

async function leave(
  ctx: TaskContext,
  cluster: CephCluster,
  { config, first, from }: { config: CephConfig; first: boolean; from: number },
): Promise<void> {
  try {
    if (config['wait-for-scrub'] && ctx.summary.success) await scrubAll(ctx, cluster);
  } finally {
    ctx.log.info(`Shutting down the daemons of cluster ${cluster.name}...`);
    try {
      await stopDaemons(cluster.daemons);
    } finally {
      if (first && usesValgrind(ctx)) await judgeValgrind(ctx, config.expect_valgrind_errors);
      const ignore = [...config['log-ignorelist'], ...config['log-whitelist']];
      await scanClusterLog(ctx, cluster, { ignore, only: config['log-only-match'], from });
    }
  }
}

function archivedFolders(ctx: TaskContext): { [key: string]: string } {
  const dir = ctx.cluster.remotes[0]?.testDir;
  return {
    ...(dir === undefined ? {} : { init: `${dir}/archive` }),
    log: '/var/log/ceph',
    crash: '/var/lib/ceph/crash',
  };
}

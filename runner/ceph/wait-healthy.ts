import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskContext } from '../engine/task.ts';
import type { CephCluster } from './ceph-cluster.ts';
import { cephCommand, cephStatus } from './ceph-cluster.ts';
import type { CephStatus } from './ceph-status.ts';
import { unhealthy } from './ceph-status.ts';

/** A cluster did not become what a test needs in time. */
export class CephNotReadyError extends Error {
  override readonly name = 'CephNotReadyError';
}

type Waiting = Pick<TaskContext, 'log' | 'signal'>;

const pollMs = 400;

/**
 * Asks for the status until nothing is left to wait for, and logs what that is whenever it changes. A daemon that died ends the
 * wait with its own failure; the end of the time, with a sentence that says what was still missing.
 */
export async function waitForStatus(
  ctx: Waiting,
  cluster: CephCluster,
  params: { what: string; seconds: number; missing: (status: CephStatus) => readonly string[] },
): Promise<CephStatus> {
  const deadline = Date.now() + params.seconds * 1000;
  let before = '';
  for (;;) {
    ctx.signal.throwIfAborted();
    const died = cluster.daemons.find((daemon) => daemon.died !== null)?.died;
    if (died) throw died;
    const status = await cephStatus(cluster);
    const missing = params.missing(status);
    if (missing.length === 0) return status;
    const now = missing.join('; ');
    if (now !== before) ctx.log.info(`Waiting until ${params.what}: ${now}`);
    before = now;
    if (Date.now() > deadline) {
      throw new CephNotReadyError(`ceph: after ${params.seconds} s it is not so that ${params.what}: ${now}`);
    }
    await sleep(pollMs, undefined, { signal: ctx.signal });
  }
}

/** Waits for the manager, all placement groups active and clean, every metadata server that a file system wants, and HEALTH_OK. */
export async function waitHealthy(ctx: Waiting, cluster: CephCluster, seconds = 600): Promise<void> {
  ctx.log.info(`Waiting until ${cluster.name} daemons are healthy...`);
  await waitForStatus(ctx, cluster, {
    what: `cluster ${cluster.name} is healthy`,
    seconds,
    missing: unhealthy,
  });
  ctx.log.info(`Cluster ${cluster.name} is HEALTH_OK, all placement groups are active+clean`);
}

/** Waits until every OSD that has a daemon is up; the failure names those that are not. */
export async function waitOsdsUp(ctx: Waiting, cluster: CephCluster, seconds = 300): Promise<void> {
  const wanted = cluster.daemons.filter(({ type, running }) => type === 'osd' && running).length;
  const missing = ({ osds }: CephStatus): string[] =>
    osds.up < wanted ? [`${osds.up} of ${wanted} OSDs are up`] : [];
  try {
    await waitForStatus(ctx, cluster, { what: 'all OSDs are up', seconds, missing });
  } catch (error) {
    if (!(error instanceof CephNotReadyError)) throw error;
    throw new CephNotReadyError(`${await namesOfDown(cluster)} did not come up in ${seconds} s`, {
      cause: error,
    });
  }
}

async function namesOfDown(cluster: CephCluster): Promise<string> {
  const dump = JSON.parse(
    await cephCommand(cluster, ['osd', 'dump', '--format', 'json'], { quiet: true }),
  ) as {
    osds: { osd: number; up: number }[];
  };
  const down = dump.osds.filter(({ up }) => up === 0).map(({ osd }) => `osd.${osd}`);
  const hosts = down.map((name) => {
    const role = cluster.layout.osds.find((osd) => osd.name === name);
    return role ? `${name} on ${role.remote.shortname}` : name;
  });
  return `ceph: ${hosts.join(', ') || 'an OSD'}`;
}

/** Waits until exactly these monitors are in quorum. */
export async function waitQuorum(
  ctx: Waiting,
  cluster: CephCluster,
  params: { names: readonly string[]; seconds?: number },
): Promise<void> {
  const wanted = [...params.names].sort().join(', ');
  await waitForStatus(ctx, cluster, {
    what: `the monitors in quorum are ${wanted}`,
    seconds: params.seconds ?? 300,
    missing: ({ quorum }) =>
      [...quorum].sort().join(', ') === wanted ? [] : [`in quorum are ${quorum.join(', ') || 'none'}`],
  });
}

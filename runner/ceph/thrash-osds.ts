import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskContext } from '../engine/task.ts';
import { cephCommand } from './ceph-cluster.ts';
import type { CephCluster } from './ceph-cluster.ts';
import type { Daemon } from './daemon.ts';
import type { Random } from './random.ts';

export interface ThrashLimits {
  readonly minIn: number;
  readonly minLive: number;
  readonly chanceDown: number; // weight of killing, beside 1 for taking out
  readonly reweight: number; // weight
  readonly delayMs: number;
}

type Action = 'kill' | 'revive' | 'out' | 'in' | 'reweight';

/**
 * Kills and revives OSDs, takes them out and in again and changes their weights until told to stop. What is drawn depends on
 * the random source and on what was drawn before, not on how fast the cluster is.
 */
export async function thrashOsds(
  ctx: Pick<TaskContext, 'log'>,
  params: { cluster: CephCluster; random: Random; limits: ThrashLimits; signal: AbortSignal },
): Promise<void> {
  const { cluster, random, limits, signal } = params;
  const osds = cluster.daemons.filter(({ type }) => type === 'osd');
  const dead = new Set<Daemon>();
  const out = new Set<Daemon>();
  const live = (): Daemon[] => osds.filter((osd) => !dead.has(osd));
  while (!signal.aborted) {
    const within = osds.filter((osd) => !out.has(osd));
    const action = random.weighted<Action>([
      ['reweight', limits.reweight],
      ['out', within.length > limits.minIn ? 1 : 0],
      ['kill', live().length > limits.minLive ? limits.chanceDown : 0],
      ['in', out.size > 0 ? 1.7 : 0],
      ['revive', dead.size > 0 ? 1 : 0],
    ]);
    const from = { kill: live(), revive: [...dead], out: within, in: [...out], reweight: within }[action];
    const osd = random.pick(from);
    const weight = (0.1 + random.next() * 0.9).toFixed(3);
    ctx.log.info(`${action} ${osd.role}${action === 'reweight' ? ` to ${weight}` : ''}`);
    if (action === 'kill') {
      dead.add(osd);
      await osd.stop();
    } else if (action === 'revive') {
      dead.delete(osd);
      await osd.start();
    } else if (action === 'reweight') {
      await cephCommand(cluster, ['osd', 'reweight', osd.id, weight]);
    } else {
      if (action === 'out') out.add(osd);
      else out.delete(osd);
      await cephCommand(cluster, ['osd', action, osd.id]);
    }
    await sleep(limits.delayMs, undefined, { signal }).catch(() => {});
  }
}

/** Undoes all that thrashing may have done to the OSDs: they run, are in, and have their full weight. */
export async function restoreOsds(cluster: CephCluster): Promise<void> {
  const osds = cluster.daemons.filter(({ type }) => type === 'osd');
  for (const osd of osds) if (!osd.running) await osd.start();
  for (const { id } of osds) {
    await cephCommand(cluster, ['osd', 'in', id]);
    await cephCommand(cluster, ['osd', 'reweight', id, '1']);
  }
}

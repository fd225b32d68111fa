import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskContext } from '../engine/task.ts';
import { cephCommand, cephCommands } from './ceph-cluster.ts';
import type { CephCluster } from './ceph-cluster.ts';
import { CephNotReadyError, waitHealthy } from './wait-healthy.ts';

interface Scrubbed {
  readonly pgid: string;
  readonly last_deep_scrub_stamp: string;
}

const mostSeconds = 300;

/** Deep-scrubs every placement group and waits until all are done: what the cluster holds is then known to be whole. */
export async function scrubAll(ctx: TaskContext, cluster: CephCluster): Promise<void> {
  await waitHealthy(ctx, cluster, mostSeconds);
  const before = await stamps(cluster);
  ctx.log.info(`Deep-scrubbing ${before.size} placement groups...`);
  const deadline = Date.now() + mostSeconds * 1000;
  for (;;) {
    const now = await stamps(cluster);
    const left = [...before].filter(([pg, stamp]) => now.get(pg) === stamp).map(([pg]) => pg);
    if (left.length === 0) return;
    if (Date.now() > deadline) {
      throw new CephNotReadyError(
        `ceph: not deep-scrubbed after ${mostSeconds} s: ${left.slice(0, 5).join(', ')}`,
      );
    }
    // A request that meets a busy OSD is dropped, so that it is repeated for those that are left.
    await cephCommands(
      cluster,
      left.map((pg) => ['pg', 'deep-scrub', pg]),
    );
    await sleep(3000, undefined, { signal: ctx.signal });
  }
}

async function stamps(cluster: CephCluster): Promise<ReadonlyMap<string, string>> {
  const dump = JSON.parse(await cephCommand(cluster, ['pg', 'ls', '--format', 'json'], { quiet: true })) as {
    pg_stats: Scrubbed[];
  };
  return new Map(dump.pg_stats.map((pg) => [pg.pgid, pg.last_deep_scrub_stamp]));
}

import type { TaskContext } from '../engine/task.ts';
import { cephCommands } from './ceph-cluster.ts';
import type { CephCluster } from './ceph-cluster.ts';

/** Makes a replicated pool for a test (one round trip), to be removed when the task's list unwinds. */
export async function makeTestPool(
  ctx: TaskContext,
  cluster: CephCluster,
  name: string,
  application = 'rados',
): Promise<void> {
  ctx.defer(async () => {
    cluster.pools.delete(name);
    await cephCommands(cluster, [['osd', 'pool', 'rm', name, name, '--yes-i-really-really-mean-it']]);
  });
  await cephCommands(cluster, [
    ['osd', 'pool', 'create', name, '8'],
    ['osd', 'pool', 'application', 'enable', name, application],
  ]);
  cluster.pools.add(name);
}

/** A name that no other pool of the cluster's tests has. */
export function unusedPool(cluster: CephCluster): string {
  for (let nth = 0; ; nth++) {
    const name = `unique_pool_${nth}`;
    if (!cluster.pools.has(name)) {
      cluster.pools.add(name);
      return name;
    }
  }
}

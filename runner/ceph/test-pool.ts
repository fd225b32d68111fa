import type { TaskContext } from '../engine/task.ts';
import type { ConfigMap } from '../tasks/task-config.ts';
import { cephCommands } from './ceph-cluster.ts';
import type { CephCluster } from './ceph-cluster.ts';

/** What a pool for a test is like. */
export interface PoolKind {
  readonly application?: string;
  /** The profile of an erasure-coded pool; null or left out is a replicated one. */
  readonly erasure?: ConfigMap | null;
}

/** Makes a pool for a test (one round trip), to be removed when the task's list unwinds. */
export async function makeTestPool(
  ctx: TaskContext,
  cluster: CephCluster,
  name: string,
  { application = 'rados', erasure = null }: PoolKind = {},
): Promise<void> {
  ctx.defer(async () => {
    cluster.pools.delete(name);
    await cephCommands(cluster, [['osd', 'pool', 'rm', name, name, '--yes-i-really-really-mean-it']]);
  });
  await cephCommands(cluster, poolCommands(name, erasure, application));
  cluster.pools.add(name);
}

/** The commands that make a pool; an erasure-coded one with its profile, two data chunks and one for coding unless that says otherwise. */
export function poolCommands(name: string, erasure: ConfigMap | null, application: string): string[][] {
  const enable = ['osd', 'pool', 'application', 'enable', name, application];
  if (erasure === null) return [['osd', 'pool', 'create', name, '8'], enable];
  const { name: profile = 'teuthologyprofile', ...given } = erasure;
  const settings = { k: 2, m: 1, 'crush-failure-domain': 'osd', ...renamed(given) };
  const words = Object.entries(settings).map(([key, value]) => `${key}=${String(value)}`);
  return [
    ['osd', 'erasure-code-profile', 'set', String(profile), ...words, '--force'],
    ['osd', 'pool', 'create', name, '8', '8', 'erasure', String(profile)],
    enable,
  ];
}

/** Before Luminous the failure domain had another name. */
function renamed(profile: ConfigMap): ConfigMap {
  const entries = Object.entries(profile).map(([key, value]) => [key.replace(/^ruleset-/, 'crush-'), value]);
  return Object.fromEntries(entries) as ConfigMap;
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

import { randomInt } from 'node:crypto';
import { withOverrides } from '../../core/config/overrides.ts';
import { cephCluster } from '../ceph/ceph-cluster.ts';
import { seededRandom } from '../ceph/random.ts';
import { restoreOsds, thrashOsds } from '../ceph/thrash-osds.ts';
import { waitHealthy, waitOsdsUp } from '../ceph/wait-healthy.ts';
import type { Task } from '../engine/task.ts';
import { toError } from '../engine/failure.ts';
import { argument, taskArguments } from './args.ts';
import { count, flag, optional, seconds, text } from './argument-kinds.ts';
import { sayTaken, takenKeys } from './taken-keys.ts';

const taken = [
  'scrub_interval',
  'min_dead',
  'max_dead',
  'min_out',
  'clean_interval',
  'clean_wait',
  'revive_timeout',
  'thrash_primary_affinity',
  'chance_pgnum_grow',
  'chance_pgnum_shrink',
  'chance_pgpnum_fix',
  'pool_grow_by',
  'pool_shrink_by',
  'max_pgs_per_pool_osd',
  'chance_test_min_size',
  'chance_test_backfill_full',
  'chance_test_map_discontinuity',
  'chance_inject_pause_short',
  'chance_inject_pause_long',
  'chance_move_pg',
  'sighup_delay',
  'optrack_toggle_delay',
  'dump_ops_enable',
  'noscrub_toggle_delay',
  'ceph_objectstore_tool',
  'disable_objectstore_tool_tests',
  'bdev_inject_crash',
  'bdev_inject_crash_probability',
] as const;

/** Hosts cannot be switched off and on. */
class NoPowerError extends Error {
  override readonly name = 'NoPowerError';
}

export const thrashosdsArguments = taskArguments('thrashosds', {
  cluster: argument({ usage: 'which cluster', kind: text, fallback: 'ceph' }),
  seed: argument({
    usage: 'repeats the choices of another run; drawn and logged when left out',
    kind: optional(count),
    fallback: null,
  }),
  min_in: argument({ usage: 'OSDs that stay in', kind: count, fallback: 3 }),
  min_live: argument({ usage: 'OSDs that stay alive', kind: count, fallback: 2 }),
  op_delay: argument({ usage: 'between two actions', kind: seconds, fallback: 5 }),
  chance_down: argument({
    usage: 'weight of killing an OSD, beside 1 of taking one out',
    kind: seconds,
    fallback: 0.4,
  }),
  reweight_osd: argument({ usage: 'weight of changing the weight of an OSD', kind: seconds, fallback: 0.5 }),
  timeout: argument({ usage: 'how long recovery may take in the end', kind: seconds, fallback: 360 }),
  powercycle: argument({
    usage: 'whether whole hosts are switched off, which is refused',
    kind: flag,
    fallback: false,
  }),
  ...takenKeys(taken),
});

/**
 * Kills, revives, takes out and reweights OSDs in the background while the tasks below it run. In the end all of them run and are
 * in again, and the cluster must become healthy.
 */
export const task: Task = async (ctx, config) => {
  const read = thrashosdsArguments.read(withOverrides(ctx.job, 'thrashosds', config));
  if (read.powercycle)
    throw new NoPowerError("thrashosds: no host here can be switched off and on; leave 'powercycle' out");
  sayTaken(ctx, { task: 'thrashosds', read, keys: taken });
  const cluster = cephCluster(ctx, 'thrashosds', read.cluster);
  const seed = read.seed ?? randomInt(2 ** 31);
  ctx.log.info(`thrashosds: seed ${seed}; give 'seed: ${seed}' for the same choices`);
  const stop = new AbortController();
  const thrashing = thrashOsds(ctx, {
    cluster,
    random: seededRandom(seed),
    limits: {
      minIn: read.min_in,
      minLive: read.min_live,
      chanceDown: read.chance_down,
      reweight: read.reweight_osd,
      delayMs: read.op_delay * 1000,
    },
    signal: AbortSignal.any([ctx.signal, stop.signal]),
  });
  thrashing.catch((error: unknown) => ctx.stopJob(toError(error)));
  ctx.defer(async (failure) => {
    ctx.log.info('joining thrashosds');
    stop.abort();
    await thrashing;
    if (failure !== null) return;
    await restoreOsds(cluster);
    await waitOsdsUp(ctx, cluster, read.timeout);
    await waitHealthy(ctx, cluster, read.timeout);
  });
};

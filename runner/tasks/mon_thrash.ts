import { randomInt } from 'node:crypto';
import { withOverrides } from '../../core/config/overrides.ts';
import { cephCluster } from '../ceph/ceph-cluster.ts';
import { seededRandom } from '../ceph/random.ts';
import { monsOf, restoreMons, thrashMons } from '../ceph/thrash-mons.ts';
import { waitHealthy } from '../ceph/wait-healthy.ts';
import type { Task } from '../engine/task.ts';
import { toError } from '../engine/failure.ts';
import { argument, taskArguments } from './args.ts';
import { count, flag, optional, seconds, text } from './argument-kinds.ts';
import type { ArgumentKind } from './argument-kinds.ts';

const percent: ArgumentKind<number> = {
  name: 'a number from 0 to 100',
  read: (value) => (typeof value === 'number' && value >= 0 && value <= 100 ? value : undefined),
};

export const monThrashArguments = taskArguments('mon_thrash', {
  cluster: argument({ usage: 'which cluster', kind: text, fallback: 'ceph' }),
  seed: argument({
    usage: 'repeats the choices of another run; drawn and logged when left out',
    kind: optional(count),
    fallback: null,
  }),
  revive_delay: argument({ usage: 'how long killed monitors stay dead', kind: seconds, fallback: 10 }),
  thrash_delay: argument({ usage: 'between two rounds', kind: seconds, fallback: 0 }),
  thrash_many: argument({
    usage: 'kill several monitors at once, one to as many as may die',
    kind: flag,
    fallback: false,
  }),
  maintain_quorum: argument({ usage: 'whether a majority always stays alive', kind: flag, fallback: true }),
  freeze_mon_probability: argument({
    usage: 'chance of each monitor that is not killed to be frozen, in percent',
    kind: percent,
    fallback: 10,
  }),
  freeze_mon_duration: argument({ usage: 'how long it stays frozen', kind: seconds, fallback: 15 }),
  store_thrash: argument({
    usage: 'whether killed monitors may have to copy their stores from the others when they come back',
    kind: flag,
    fallback: false,
  }),
  thrash_store: argument({ usage: 'the same, as some suites call it', kind: flag, fallback: false }),
  store_thrash_probability: argument({ usage: 'chance of that, in percent', kind: percent, fallback: 50 }),
  scrub: argument({
    usage: "whether the monitors' stores are compared after each round",
    kind: flag,
    fallback: true,
  }),
  timeout: argument({ usage: 'how long becoming healthy may take in the end', kind: seconds, fallback: 360 }),
});

/** A cluster has too few monitors to lose one. */
class TooFewMonitorsError extends Error {
  override readonly name = 'TooFewMonitorsError';
}

/**
 * Kills, freezes and revives monitors in the background while the tasks below it run. In the end all of them are in quorum again, and the
 * cluster must become healthy.
 */
export const task: Task = async (ctx, config) => {
  const read = monThrashArguments.read(withOverrides(ctx.job, 'mon_thrash', config));
  const cluster = cephCluster(ctx, 'mon_thrash', read.cluster);
  const mons = monsOf(cluster).length;
  if (mons < 3)
    throw new TooFewMonitorsError(
      `mon_thrash: cluster '${cluster.name}' has ${mons} monitors, and at least 3 are needed to lose one`,
    );
  const seed = read.seed ?? randomInt(2 ** 31);
  ctx.log.info(`mon_thrash: seed ${seed}; give 'seed: ${seed}' for the same choices`);
  const stop = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stop.signal]);
  const thrashing = thrashMons(ctx, {
    cluster,
    random: seededRandom(seed),
    limits: {
      many: read.thrash_many,
      keepQuorum: read.maintain_quorum,
      reviveMs: read.revive_delay * 1000,
      delayMs: read.thrash_delay * 1000,
      freezeChance: read.freeze_mon_probability / 100,
      freezeMs: read.freeze_mon_duration * 1000,
      syncChance: read.store_thrash || read.thrash_store ? read.store_thrash_probability / 100 : 0,
      scrub: read.scrub,
    },
    signal,
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  thrashing.catch((error: unknown) => ctx.stopJob(toError(error)));
  ctx.defer(async (failure) => {
    ctx.log.info('joining mon_thrasher');
    stop.abort();
    await thrashing;
    if (failure !== null) return;
    await restoreMons(ctx, cluster);
    await waitHealthy(ctx, cluster, read.timeout);
  });
};

import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskContext } from '../engine/task.ts';
import { cephCommand } from './ceph-cluster.ts';
import type { CephCluster } from './ceph-cluster.ts';
import type { Daemon } from './daemon.ts';
import type { Random } from './random.ts';
import { waitQuorum } from './wait-healthy.ts';

export interface MonThrashLimits {
  readonly many: boolean; // as many at once as may die, instead of one
  readonly keepQuorum: boolean;
  readonly reviveMs: number; // how long killed monitors stay dead
  readonly delayMs: number; // between two rounds
  readonly freezeChance: number; // 0 to 1, for each monitor that is not killed
  readonly freezeMs: number;
  readonly syncChance: number; // 0 to 1: whether a killed monitor has to copy its store from the others
  readonly scrub: boolean;
}

/** What is done in one round; a pure function of the random source, so that a seed repeats it. */
export interface MonThrashRound {
  readonly kill: readonly string[]; // names: `mon.a`
  readonly sync: readonly string[]; // of those
  readonly freeze: readonly string[];
}

/** How many of so many monitors may be gone while the others still have a quorum. */
export function expendable(mons: number): number {
  return Math.ceil(mons / 2) - 1;
}

/** Draws one round. Without `keepQuorum` all monitors may be killed. */
export function drawRound(random: Random, names: readonly string[], limits: MonThrashLimits): MonThrashRound {
  const most = limits.keepQuorum ? expendable(names.length) : names.length;
  const count = limits.many ? 1 + Math.floor(random.next() * most) : 1;
  const left = [...names];
  const kill = Array.from({ length: count }, () => {
    const name = random.pick(left);
    left.splice(left.indexOf(name), 1);
    return name;
  });
  return {
    kill,
    sync: kill.filter(() => random.next() < limits.syncChance),
    freeze: left.filter(() => random.next() < limits.freezeChance),
  };
}

/** Kills, freezes and revives monitors, round after round, until told to stop; each round begins and ends with all of them in quorum. */
export async function thrashMons(
  ctx: Pick<TaskContext, 'log'>,
  params: { cluster: CephCluster; random: Random; limits: MonThrashLimits; signal: AbortSignal },
): Promise<void> {
  const { cluster, random, limits, signal } = params;
  const mons = monsOf(cluster);
  const daemons = (names: readonly string[]): Daemon[] =>
    mons.filter((mon) => names.includes(`mon.${mon.id}`));
  const ids = (some: readonly Daemon[]): string[] => some.map(({ id }) => id);
  const waiting = { log: ctx.log, signal };
  const quorum = (some: readonly Daemon[]): Promise<void> =>
    waitQuorum(waiting, cluster, { names: ids(some) });
  for (let nth = 1; !signal.aborted; nth++) {
    await quorum(mons);
    const round = drawRound(
      random,
      mons.map(({ id }) => `mon.${id}`),
      limits,
    );
    ctx.log.info(`round ${nth}: ${describe(round)}`);
    for (const { id } of daemons(round.sync))
      await cephCommand(cluster, ['tell', `mon.${id}`, 'sync_force', '--yes-i-really-mean-it']);
    const killed = daemons(round.kill);
    await Promise.all(killed.map((mon) => mon.stop()));
    const thaws = daemons(round.freeze).map((mon) => freeze(mon, limits.freezeMs, signal));
    try {
      if (limits.keepQuorum) await quorum(mons.filter((mon) => !killed.includes(mon)));
      await sleep(limits.reviveMs, undefined, { signal });
    } finally {
      await Promise.all(thaws);
    }
    for (const mon of killed) await mon.start();
    await quorum(mons);
    if (limits.scrub) await cephCommand(cluster, ['mon', 'scrub']);
    await sleep(limits.delayMs, undefined, { signal });
  }
}

/** Starts what was killed, and waits for the quorum of all. */
export async function restoreMons(
  ctx: Pick<TaskContext, 'log' | 'signal'>,
  cluster: CephCluster,
): Promise<void> {
  const mons = monsOf(cluster);
  for (const mon of mons) if (!mon.running) await mon.start();
  await waitQuorum(ctx, cluster, { names: mons.map(({ id }) => id) });
}

/** The monitors of a cluster that have a daemon. */
export function monsOf(cluster: CephCluster): Daemon[] {
  return cluster.daemons.filter(({ type }) => type === 'mon');
}

const [stopSignal, continueSignal] = [19, 18]; // Linux

async function freeze(mon: Daemon, ms: number, signal: AbortSignal): Promise<void> {
  mon.signal(stopSignal);
  await sleep(ms, undefined, { signal }).catch(() => {});
  mon.signal(continueSignal);
}

function describe({ kill, sync, freeze: frozen }: MonThrashRound): string {
  const parts = [
    `kill ${kill.join(', ')}`,
    ...(sync.length > 0 ? [`which copies its store anew: ${sync.join(', ')}`] : []),
    ...(frozen.length > 0 ? [`freeze ${frozen.join(', ')}`] : []),
  ];
  return parts.join('; ');
}

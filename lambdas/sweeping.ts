import { setTimeout as sleep } from 'node:timers/promises';
import { claimedJobs } from '../core/operations/claimed-jobs.ts';
import { createSweeper } from '../core/operations/sweep.ts';
import type { Sweeper } from '../core/operations/sweep.ts';
import type { LambdaLab } from './lab.ts';

const everyMs = 20_000;
const graceMs = 15_000;
const awayMs = 90_000;

let sweeper: Sweeper | null = null; // remembers, from call to call, what it has seen

function sweeperOf(ports: LambdaLab['ports']): Sweeper {
  return (sweeper ??= createSweeper(ports, { graceMs, awayMs }));
}

/**
 * Passes every 20 seconds until `forMs` is over, since the clock of EventBridge calls once a minute only; without a claimed job one
 * pass is enough.
 */
export async function sweepFor({ ports }: Pick<LambdaLab, 'ports'>, forMs: number): Promise<void> {
  const until = ports.clock.now() + forMs;
  for (;;) {
    await sweepOnce({ ports });
    if (ports.clock.now() + everyMs > until) return;
    if ((await claimedJobs(ports.jobs)).length === 0) return;
    await sleep(everyMs);
  }
}

/** One pass; the queues that it put jobs back into are looked at. */
export async function sweepOnce({ ports }: Pick<LambdaLab, 'ports'>): Promise<void> {
  const { requeued, ended, released } = await sweeperOf(ports).sweep();
  if (requeued.length + ended.length + released.length === 0) return;
  await ports.wakeups.poke('any');
}

import { setTimeout as sleep } from 'node:timers/promises';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { claimedJobs } from '../core/operations/claimed-jobs.ts';
import { createSweeper } from '../core/operations/sweep.ts';
import type { Sweeper } from '../core/operations/sweep.ts';
import type { LambdaLab } from './lab.ts';

const everyMs = 20_000;
const graceMs = 15_000;
const awayMs = 90_000;

let sweeper: Sweeper | null = null; // remembers, from call to call, what it has seen

type Lab = Pick<LambdaLab, 'ports' | 'site'>;

function sweeperOf({ ports, site }: Lab): Sweeper {
  const holdMs = site.holdHours * 3_600_000;
  return (sweeper ??= createSweeper({ ...ports, yaml: pyYaml }, { graceMs, awayMs, holdMs }));
}

/**
 * Passes every 20 seconds until `forMs` is over, since the clock of EventBridge calls once a minute only; without a claimed job one
 * pass is enough.
 */
export async function sweepFor(lab: Lab, forMs: number): Promise<void> {
  const { ports } = lab;
  const until = ports.clock.now() + forMs;
  for (;;) {
    await sweepOnce(lab);
    if (ports.clock.now() + everyMs > until) return;
    if ((await claimedJobs(ports.jobs)).length === 0) return;
    await sleep(everyMs);
  }
}

/** One pass; when it has put jobs back or nodes free, the queues that have jobs are looked at. */
export async function sweepOnce(lab: Lab): Promise<void> {
  const { requeued, ended, released } = await sweeperOf(lab).sweep();
  if (requeued.length + ended.length + released.length === 0) return;
  const { jobs, wakeups } = lab.ports;
  for (const type of await jobs.queuedTypes()) await wakeups.poke(type);
}

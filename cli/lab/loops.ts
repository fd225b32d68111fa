import type { LocalWakeups } from '../../adapters/embedded/local-wakeups.ts';
import { createCleaner } from '../../core/operations/clean-nodes.ts';
import { whyByPlan } from '../../core/operations/wait-reasons.ts';
import { dispatch } from '../../core/operations/dispatch.ts';
import type { LabPorts } from '../../core/operations/lab-ports.ts';
import { createLaunchOutage } from '../../core/operations/launch-outage.ts';
import { retestNodes } from '../../core/operations/retest-nodes.ts';
import { createSweeper } from '../../core/operations/sweep.ts';
import type { SweepPorts } from '../../core/operations/sweep.ts';
import type { JobDurations } from '../../core/ports/job-durations.ts';
import type { JobRecord } from '../../core/ports/job-store.ts';
import type { Pulse } from '../../api/pulse.ts';
import type { QueueRules } from '../../core/scheduling/queue-rules.ts';
import type { WaitingJob } from '../../core/scheduling/wait.ts';
import { startLoop } from './loop.ts';

/** What moves a lab: each loop passes when something happened, and on a timer in case nobody noticed. */
export interface LabLoops {
  /** Why a job waits, as the last pass of the dispatcher saw it. */
  whyWaiting(job: JobRecord): WaitingJob | null;
  /** What the loops have done since they were started. */
  pulse(): Pulse;
  /** Looks soon for jobs whose runner is gone. */
  sweep(): void;
  /** No job is started any more; resolves when none is being started. */
  stopDispatching(): Promise<void>;
  /** Ends all loops, after the cleanings that are under way. */
  stop(): Promise<void>;
}

export type LoopPorts = Omit<LabPorts, 'wakeups'> & {
  readonly durations: JobDurations;
  readonly wakeups: LocalWakeups;
  readonly onRunnerExit: (listener: () => void) => void;
};

const dispatchEveryMs = 2000;
const sweepEveryMs = 5000;
const cleanEveryMs = 2000;

/** Starts the loops of a lab. At most `maxRunners` jobs run at once; `holdMs` is how long nodes are held after a failure, where they are. */
export function startLoops(
  ports: LoopPorts & Pick<SweepPorts, 'yaml'>,
  options: { maxRunners: number; rules: QueueRules; holdMs: number },
): LabLoops {
  const { log } = ports;
  let pulse: Pulse = { dispatchPasses: 0, dispatchSeconds: 0, sweptAt: null };
  let whyWaiting = whyByPlan({ waiting: [], hopeless: new Map() });
  const outage = createLaunchOutage();
  const dispatching = startLoop({
    name: 'dispatcher',
    everyMs: dispatchEveryMs,
    log,
    act: async () => {
      const begun = performance.now();
      const reasons = await dispatch(ports, { ...options, outage });
      pulse = {
        ...pulse,
        dispatchPasses: pulse.dispatchPasses + 1,
        dispatchSeconds: pulse.dispatchSeconds + (performance.now() - begun) / 1000,
      };
      whyWaiting = whyByPlan(reasons);
    },
  });
  const cleaner = createCleaner(ports, { sole: true, onSettled: () => cleaning.poke() });
  const cleaning = startLoop({
    name: 'cleaner',
    everyMs: cleanEveryMs,
    log,
    act: async () => {
      await retestNodes(ports);
      await cleaner.pass();
    },
  });
  const sweeper = createSweeper(ports, { holdMs: options.holdMs });
  const sweeping = startLoop({
    name: 'sweeper',
    everyMs: sweepEveryMs,
    log,
    act: async () => {
      await sweeper.sweep();
      pulse = { ...pulse, sweptAt: ports.clock.now() };
      cleaning.poke();
      dispatching.poke();
    },
  });
  const unlisten = ports.wakeups.listen(() => dispatching.poke());
  ports.onRunnerExit(() => sweeping.poke());
  return {
    pulse: () => pulse,
    whyWaiting: (job) => whyWaiting(job),
    sweep: () => sweeping.poke(),
    stopDispatching: () => dispatching.stop(),
    stop: async () => {
      unlisten();
      await Promise.all([dispatching.stop(), sweeping.stop(), cleaning.stop()]);
      await cleaner.idle();
    },
  };
}

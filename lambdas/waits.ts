import { whyJobsWait } from '../core/operations/dispatch.ts';
import { whyByPlan } from '../core/operations/wait-reasons.ts';
import type { DispatchOptions, DispatchPorts } from '../core/operations/dispatch.ts';
import type { JobRecord } from '../core/ports/job-store.ts';
import type { WaitingJob } from '../core/scheduling/wait.ts';

/** Why queued jobs wait, as far as a process knows that does not dispatch. */
export interface Waits {
  /** Looks again, unless it has within 15 seconds. Trouble is logged, and what was known before stands. */
  refresh(): Promise<void>;
  of(job: JobRecord): WaitingJob | null;
}

const freshMs = 15_000;

/** See Waits. Nothing is read before the first `refresh`. */
export function createWaits(ports: DispatchPorts, options: DispatchOptions): Waits {
  let why = whyByPlan({ waiting: [], hopeless: new Map() });
  let lookedAt: number | null = null;
  let looking: Promise<void> | null = null;
  const look = async () => {
    lookedAt = ports.clock.now();
    try {
      why = whyByPlan(await whyJobsWait(ports, options));
    } catch (error) {
      ports.log.warn(`nobody can say why jobs wait: ${String(error)}`);
    }
    looking = null;
  };
  return {
    async refresh() {
      if (looking === null && lookedAt !== null && ports.clock.now() - lookedAt < freshMs) return;
      await (looking ??= look());
    },
    of: (job) => why(job),
  };
}

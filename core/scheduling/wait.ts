/** What a job waits for. */
export interface Wait {
  /**
   * `impossible`: the inventory could not serve it even when idle. `held`: only people's locks without an end are in the
   * way. `reserved`: it will start when the nodes planned for it are free. `slot`: it has nodes but no runner. `launcher`: its
   * runner could not be started. `paused`: people have stopped its queue. The plan itself says neither of the last two.
   */
  readonly kind: 'impossible' | 'held' | 'reserved' | 'slot' | 'launcher' | 'paused';
  readonly reason: string;
  readonly expectedAt: number | null; // epoch ms, the latest; null = cannot be said
}

/** A job that waits, and what for. */
export interface WaitingJob extends Wait {
  readonly run: string;
  readonly jobId: number;
}

/** Who waits for what by a plan, job by job in queue order. */
export function waitingJobs(plan: {
  readonly waiting: readonly Pick<WaitingJob, 'run' | 'jobId'>[];
  readonly waits: readonly Wait[];
}): WaitingJob[] {
  const { waiting, waits } = plan;
  return waiting.map(({ run, jobId }, index) => {
    const wait = waits[index];
    if (wait === undefined) throw new Error(`job ${run}/${jobId} waits for nothing`);
    return { run, jobId, kind: wait.kind, reason: wait.reason, expectedAt: wait.expectedAt };
  });
}

/** A wait whose reason nothing changes any more: it is put in words when somebody reads it. */
export function lazyWait(kind: Wait['kind'], why: () => string): Wait {
  let reason: string | null = null;
  return {
    kind,
    expectedAt: null,
    get reason() {
      return (reason ??= why());
    },
  };
}

/** The nodes are there; the lab runs as many jobs as it may. */
export const noSlot: Wait = {
  kind: 'slot',
  reason: 'has its nodes and waits for a runner: the lab runs as many jobs at once as it may',
  expectedAt: null,
};

/** What a job waits for. */
export interface Wait extends StartTimes {
  /**
   * `impossible`: the inventory could not serve it even when idle. `held`: only people's locks without an end are in the
   * way. `reserved`: it will start when the nodes planned for it are free. `quota`: its owner has as many nodes as he may. `slot`: it
   * has nodes but no runner. `launcher`: its runner could not be started. `paused`: people have stopped its queue. The plan itself
   * says neither of the last two.
   */
  readonly kind: 'impossible' | 'held' | 'reserved' | 'quota' | 'slot' | 'launcher' | 'paused';
  readonly reason: string;
}

/** When a job is expected to start, as the queue stands; epoch ms, null = nothing bounds it. */
export interface StartTimes {
  readonly earliestAt: number | null; // if all before it take as long as the shortest of their like
  readonly likelyAt: number | null; // if they take as long as the longest of their like
  readonly latestAt: number | null; // if they take as long as they may
}

export const noTimes: StartTimes = { earliestAt: null, likelyAt: null, latestAt: null };

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
    const { kind, reason, earliestAt, likelyAt, latestAt } = wait;
    return { run, jobId, kind, reason, earliestAt, likelyAt, latestAt };
  });
}

/** A wait whose reason nothing changes any more: it is put in words when somebody reads it. */
export function lazyWait(kind: Wait['kind'], why: () => string): Wait {
  let reason: string | null = null;
  return {
    kind,
    ...noTimes,
    get reason() {
      return (reason ??= why());
    },
  };
}

/** The nodes are there; the lab runs as many jobs as it may. */
export const noSlot: Wait = {
  kind: 'slot',
  reason: 'has its nodes and waits for a runner: the lab runs as many jobs at once as it may',
  ...noTimes,
};

/**
 * What a dispatcher remembers of launches that failed. It tells a launcher that is out of order, for which no job is to blame, from
 * a job that alone cannot be launched: the second fails again although others were started since it failed first.
 */
export interface LaunchOutage {
  /** Why nothing is launched now, as a sentence; null = launch. */
  pauseAt(now: number): string | null;
  /** The jobs that have failed since a launch worked last. They step back, so that one of them cannot stand in everybody's way. */
  readonly failedJobs: ReadonlySet<number>;
  /** Lets those who have failed try again, since there is nobody else. */
  nextRound(): void;
  /** Notes a failure, after which launching pauses. Returns whether the job itself is to blame. */
  failed(failure: { jobId: number; reason: string; now: number }): boolean;
  /** Notes that a runner was started: the launcher works, and the pause is over. */
  worked(jobId: number): void;
}

const firstPauseMs = 1000;
const longestPauseMs = 30_000;
/** Job ids that are remembered; far more than can fail between two launches that work. */
const mostSuspects = 10_000;

/** How long to wait after so many failures in a row: 1, 2, 4, ... 30 seconds. */
export function launchPauseMs(failures: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 30));
}

/** The memory of a dispatcher whose launcher has not failed yet. */
export function createLaunchOutage(): LaunchOutage {
  const failedJobs = new Set<number>();
  const suspects = new Set<number>(); // failed, and others were started since
  let failures = 0;
  let until = 0;
  let reason = '';
  return {
    failedJobs,
    nextRound: () => failedJobs.clear(),
    pauseAt(now) {
      // A clock that was set back must not prolong the pause.
      if (failures === 0 || now >= until || now < until - launchPauseMs(failures)) return null;
      return `${reason}; trying again at ${new Date(until).toISOString()}`;
    },
    failed({ jobId, reason: why, now }) {
      failedJobs.add(jobId);
      failures += 1;
      until = now + launchPauseMs(failures);
      reason = why;
      return suspects.delete(jobId);
    },
    worked(jobId) {
      for (const failed of failedJobs) if (suspects.size < mostSuspects) suspects.add(failed);
      suspects.delete(jobId);
      failedJobs.clear();
      failures = 0;
    },
  };
}

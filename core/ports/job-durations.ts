/**
 * How long the jobs of the lab took that passed or failed: what is expected of those in the queue is taken from it. A job's time from
 * `start` to `finish` is remembered under each of its `durationKeys` by `JobStore.finish`, in its own transaction or right after
 * it: a time that is lost costs an estimate, never a job. Dead jobs say nothing, and a repeated `finish` adds nothing.
 */
export interface JobDurations {
  /** The newest times of each key in seconds, newest first, at most `keptDurations` of them. Keys without any are left out. */
  recent(keys: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>>;
}

/** How many times of a key are remembered. */
export const keptDurations = 20;

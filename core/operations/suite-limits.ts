/** A run is too big for its priority, or for the lab. Nothing of it was queued. */
export class RunTooBigError extends Error {
  override readonly name = 'RunTooBigError';
}

export interface SuiteLimits {
  readonly priority: number;
  readonly forcePriority: boolean;
  readonly jobThreshold: number; // 0 = any number of jobs
}

/** The bands in which a priority may be used, and by how many jobs at most; lower numbers are sooner. */
const bands: readonly { below: number; jobs: number }[] = [
  { below: 50, jobs: 0 },
  { below: 75, jobs: 25 },
  { below: 150, jobs: 100 },
];

/** Throws RunTooBigError, with the way out, when there are more jobs than the limits allow. Copies count as the jobs they are. */
export function checkSuiteLimits(jobs: number, limits: SuiteLimits): void {
  if (jobs > bandLimit(limits)) throw new RunTooBigError(bandSentence(jobs, limits));
  if (jobs > thresholdLimit(limits)) {
    throw new RunTooBigError(
      `the run has more jobs than the threshold of ${limits.jobThreshold}: narrow it with a subset or a filter, or raise the threshold`,
    );
  }
}

function bandLimit({ priority, forcePriority }: SuiteLimits): number {
  if (forcePriority) return Infinity;
  return bands.find((band) => priority < band.below)?.jobs ?? Infinity;
}

function thresholdLimit({ jobThreshold }: SuiteLimits): number {
  return jobThreshold === 0 ? Infinity : jobThreshold;
}

function bandSentence(jobs: number, limits: SuiteLimits): string {
  const most = bandLimit(limits);
  const rule = most === 0 ? 'is for emergencies' : `is for at most ${most} jobs`;
  return `priority ${limits.priority} ${rule}, the run has ${jobs} or more: use a higher number, or force the priority`;
}

import type { JobDurations } from '../ports/job-durations.ts';
import type { JobRecord } from '../ports/job-store.ts';
import { durationKeys } from './duration-keys.ts';

/** How long a job is expected to run, in seconds, by what its like took before. */
export interface ExpectedDuration {
  readonly shortest: number;
  /** So that hardly any takes longer: the longest of those remembered and a quarter more, but never more than the job may. */
  readonly longest: number;
}

type Known = Pick<JobRecord, 'description' | 'machineType' | 'maxSeconds'>;

/** Fewer than so many times of the same key say nothing yet. */
const fewest = 3;
const margin = 1.25;

/** What is expected of each job, from the times of jobs with its description, else of its suite; null = nothing is known. */
export async function expectedDurations(
  durations: JobDurations | null,
  jobs: readonly Known[],
): Promise<(job: Known) => ExpectedDuration | null> {
  if (durations === null) return () => null;
  const keysOf = new Map(jobs.map((job) => [job, durationKeys(job)]));
  const times = await durations.recent([...new Set([...keysOf.values()].flat())]);
  return (job) => {
    for (const key of keysOf.get(job) ?? durationKeys(job)) {
      const seconds = times.get(key) ?? [];
      if (seconds.length >= fewest) return expectedDuration(seconds, job.maxSeconds);
    }
    return null;
  };
}

function expectedDuration(seconds: readonly number[], maxSeconds: number): ExpectedDuration {
  return {
    shortest: Math.min(...seconds, maxSeconds),
    longest: Math.min(Math.max(...seconds) * margin, maxSeconds),
  };
}

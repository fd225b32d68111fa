import { pruneCheckouts } from '../../adapters/git/checkouts.ts';
import { isRunOver } from '../../core/results/run-status.ts';
import type { JobStore } from '../../core/ports/job-store.ts';
import { suiteCache } from '../client/open-location.ts';

const hourMs = 3_600_000;
const runsLookedAt = 5000;

/**
 * Removes checkouts of suites that were used longest ago, beyond 20 of them or 20 GiB. Those of runs that are not over stay, as do those
 * used within the hour: a submission may be about to name them.
 */
export async function pruneSuiteCache(ports: { jobs: JobStore; folder: string }): Promise<string[]> {
  const runs = await ports.jobs.listRuns({ limit: runsLookedAt });
  const keep = runs.filter((run) => !isRunOver(run)).flatMap((run) => run.sha1 ?? []);
  const limits = { most: 20, mostBytes: 20 * 2 ** 30, idleMs: hourMs };
  return await pruneCheckouts(suiteCache(ports.folder), { ...limits, keep: new Set(keep) });
}

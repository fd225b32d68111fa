import type { JobStore } from '../core/ports/job-store.ts';
import type { RunReports } from '../core/ports/run-reports.ts';

/** Notes of reports that also print, for each run whose report is closed, a line with `deadJobs`: the alarm on dead jobs adds them up. */
export function countingDead(
  reports: RunReports,
  { jobs, print }: { jobs: Pick<JobStore, 'getRun'>; print: (line: string) => void },
): RunReports {
  return {
    ...reports,
    async close(run) {
      await reports.close(run);
      const record = await jobs.getRun(run);
      if (record === null) return;
      print(JSON.stringify({ level: 'info', msg: `run ${run} is over`, deadJobs: record.counts.dead }));
    },
  };
}

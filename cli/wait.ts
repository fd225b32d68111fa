import { setTimeout as sleep } from 'node:timers/promises';
import { apiPath } from './lab-client.ts';
import type { JobView, LabClient, RunView } from './lab-client.ts';
import { allJobs } from './run-jobs.ts';

const finals = ['pass', 'fail', 'dead'];

/**
 * Waits until a run is over and returns its jobs. Each job is handed to `onFinished` once, when it is first seen final; costs one
 * small request per `pollMs`, and a list of jobs only when something finished. A lab that goes away ends the wait with its error.
 */
export async function waitForRun(
  lab: LabClient,
  run: string,
  options: {
    pollMs: number;
    onFinished?: (job: JobView) => void;
    onProgress?: (run: RunView) => void;
    signal?: AbortSignal;
  },
): Promise<JobView[]> {
  const seen = new Set<number>();
  for (;;) {
    options.signal?.throwIfAborted();
    const record = await lab.get<RunView>(apiPath('runs', run));
    const over = record.closed && record.counts.queued + record.counts.waiting + record.counts.running === 0;
    if (record.counts.pass + record.counts.fail + record.counts.dead > seen.size) {
      for (const job of await allJobs(lab, run, finals)) {
        if (seen.has(job.job_id)) continue;
        seen.add(job.job_id);
        options.onFinished?.(job);
      }
    }
    options.onProgress?.(record);
    if (over) return await allJobs(lab, run);
    await sleep(options.pollMs, undefined, options.signal ? { signal: options.signal } : {});
  }
}

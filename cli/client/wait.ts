import { setTimeout as sleep } from 'node:timers/promises';
import { LabUnreachableError, apiPath } from './lab-client.ts';
import type { JobView, LabClient, RunView } from './lab-client.ts';
import { runNews } from './run-news.ts';
import { allJobs } from './every-page.ts';

const finals = ['pass', 'fail', 'dead'];

/**
 * Waits until a run is over and returns its jobs. Each job is handed to `onFinished` once, when it is first seen final. Looks when
 * the lab tells that something happened, else every `pollMs`; lists jobs only when something finished. A lab that goes away for longer than a restart takes
 * ends the wait with LabUnreachableError.
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
  await using news = runNews(lab, run, options);
  for (;;) {
    options.signal?.throwIfAborted();
    const record = await patiently(() => lab.get<RunView>(apiPath('runs', run)), options.signal);
    const over = record.closed && record.counts.queued + record.counts.waiting + record.counts.running === 0;
    if (record.counts.pass + record.counts.fail + record.counts.dead > seen.size) {
      for (const job of await patiently(() => allJobs(lab, run, finals), options.signal)) {
        if (seen.has(job.job_id)) continue;
        seen.add(job.job_id);
        options.onFinished?.(job);
      }
    }
    options.onProgress?.(record);
    if (over) return await patiently(() => allJobs(lab, run), options.signal);
    await news.next();
  }
}

const restartMs = 60_000;

/** Asks until the lab answers, as long as a restart may take. */
async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const giveUpAt = Date.now() + restartMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof LabUnreachableError) || Date.now() > giveUpAt) throw error;
    }
    await sleep(500, undefined, signal ? { signal } : {});
  }
}

import { pagePath } from '../api/views.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { createReporter } from '../core/operations/report-runs.ts';
import type { Reporter } from '../core/operations/report-runs.ts';
import { countingDead } from './dead-jobs.ts';
import { openLab } from './lab.ts';

let reporter: Reporter | null = null; // remembers which mails failed, and waits longer with each time

/** Called every minute: reports on the runs that are over or late. */
export async function handler(): Promise<void> {
  const { ports, url } = await openLab();
  const pageUrl = (run: string, jobId?: number) =>
    `${url}${pagePath(run, ...(jobId === undefined ? [] : [jobId]))}`;
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const reports = countingDead(ports.reports, { jobs: ports.jobs, print });
  reporter ??= createReporter({ ...ports, reports, yaml: pyYaml, pageUrl });
  await reporter.pass();
}

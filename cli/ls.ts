import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { ignoreMissing, jobsOfFolder } from './client/archive-jobs.ts';
import type { ListedJob } from './client/archive-jobs.ts';
import { plainLine } from './client/columns.ts';
import { InputError } from './client/failure.ts';
import { findLab } from './client/lab-client.ts';
import type { JobView } from './client/lab-client.ts';
import { allJobs } from './client/every-page.ts';
import { printJson, printLines } from './client/print.ts';

interface LsOptions {
  verbose: boolean;
  json: boolean;
  folder?: string;
}

/** `loligo ls RUN`: by the lab when it is a run name, by reading the files when it is a folder. Columns as the original prints them. */
export function command(): Command {
  return new Command('ls')
    .summary('list the jobs of a run or of an archive folder')
    .description(
      'Prints one line a job: id, status, owner, description and seconds; of a job without a summary the last line of its log. Without a lab when it is given a folder.',
    )
    .argument('<run>', 'archive folder of a run, or run name')
    .option('-v, --verbose', 'also the reasons of failures', false)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText([
        ['loligo ls RUN', 'a run of the lab'],
        ['loligo ls -v ~/archive/RUN', 'a folder, without a lab; with reasons'],
      ]),
    )
    .action(async (run: string, options: LsOptions) => {
      const jobs = (await isFolder(run)) ? await jobsOfFolder(run) : await jobsOfRun(run, options);
      if (options.json) await printJson(jobs);
      else await printLines(jobs.flatMap((job) => jobLines(job, options.verbose)));
    });
}

/** The lines of one job: `ID STATUS OWNER DESCRIPTION SECONDSs`, and with `verbose` the reason below it. */
export function jobLines(job: ListedJob, verbose: boolean): string[] {
  if (job.unfinished !== null) return [`${job.id}      ${plainLine(job.unfinished)}`];
  const seconds = `${job.duration === null ? '-' : Math.trunc(job.duration)}s`;
  const line = [job.id, job.status ?? 'None', job.owner ?? '-', job.description ?? '-', seconds].join(' ');
  const reason = verbose && job.failureReason !== null ? [`    ${plainLine(job.failureReason)}`] : [];
  return [plainLine(line), ...reason];
}

async function jobsOfRun(run: string, options: LsOptions): Promise<ListedJob[]> {
  if (run.includes('/')) throw new InputError(`there is no folder '${run}', and a run name has no '/'`);
  const jobs = await allJobs(findLab(options), run);
  return jobs.map(listed).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function listed(job: JobView): ListedJob {
  const over = job.finished_at !== null;
  return {
    id: String(job.job_id),
    status: job.status,
    owner: job.owner,
    description: job.description || null,
    duration: job.duration,
    failureReason: job.failure_reason,
    unfinished: over ? null : [job.status, job.why_waiting].filter((part) => part !== null).join(': '),
  };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(ignoreMissing))?.isDirectory() ?? false;
}

import { readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import type { JobView } from '../api/views.ts';
import { InputError } from './client/failure.ts';
import { LabRefusedError, apiPath, findLab } from './client/lab-client.ts';
import type { LabClient, RunView } from './client/lab-client.ts';
import { printJson, printLines } from './client/print.ts';
import { allJobs } from './client/every-page.ts';
import { siteSettings } from './environment.ts';
import { jobRecord } from './report/job-record.ts';
import { paddles } from './report/paddles.ts';
import type { Paddles } from './report/paddles.ts';

interface ReportOptions {
  readonly run: string[];
  readonly allRuns: boolean;
  readonly job: string[];
  readonly refresh: boolean;
  readonly server?: string;
  readonly save: boolean;
  readonly dead: boolean;
  readonly json: boolean;
  readonly folder?: string;
}

/** What became of a run. */
interface Reported {
  readonly run: string;
  readonly jobs: number; // pushed; 0 = the server had the run already
}

const memoFile = 'last_successful_run';

/** `loligo report -r RUN`: pushes results to a server that speaks the API of paddles. */
export function command(): Command {
  return new Command('report')
    .summary('push results to a paddles server')
    .description(
      'Pushes the jobs of runs to a results server that speaks the API of paddles. Runs that the server has are left alone without --refresh. What may pass, like a server that is busy, is tried again; a second push of a job only brings it up to date.',
    )
    .argument('[run...]', 'run names')
    .option('-r, --run <run>', 'run name, repeatable', collect, [])
    .option('--all-runs', 'all runs, the oldest first, from where the last time ended', false)
    .option('-j, --job <id>', 'only this job of the one run, repeatable', collect, [])
    .option('-R, --refresh', 'push also what the server has', false)
    .option('-s, --server <url>', 'the results server (default: results_server of the site)')
    .option('-n, --no-save', `with --all-runs, do not note the last run in ./${memoFile}`)
    .option('-D, --dead', 'report jobs that are not over as dead; implies --refresh', false)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo report -r RUN', 'to results_server of the site'],
          ['loligo report --all-runs -s http://paddles.example', 'what is new since the last time'],
          ['loligo report -r RUN -j 17 -R', 'one job, although it is there'],
        ],
        '0 pushed, 1 refused, by the lab or the server, 2 no lab answers',
      ),
    )
    .action(report);
}

async function report(named: string[], options: ReportOptions): Promise<void> {
  const runs = [...options.run, ...named];
  if (runs.length === 0 && !options.allRuns) throw new InputError('which runs? -r RUN, or --all-runs');
  if (options.job.length > 0 && runs.length !== 1)
    throw new InputError('-j names jobs of one run: name exactly one with -r');
  const url = options.server ?? (await siteSettings()).resultsServer;
  if (url === null)
    throw new InputError('which server? -s URL, or results_server in the settings of the site');
  if (!URL.canParse(url)) throw new InputError(`the results server '${url}' is not a URL`);
  const lab = findLab(options);
  const server = paddles(url);
  const reported: Reported[] = [];
  for (const run of options.allRuns ? await newRuns(lab, options) : runs) {
    reported.push(await reportRun({ lab, server, run, options }));
    if (!options.json) await printLines(reported.slice(-1).map(lineOf));
    if (options.allRuns && options.save) await writeFile(memoFile, `${run}\n`);
  }
  if (options.json) await printJson(reported);
}

async function reportRun(params: {
  lab: LabClient;
  server: Paddles;
  run: string;
  options: ReportOptions;
}): Promise<Reported> {
  const { lab, server, run, options } = params;
  await lab.get<RunView>(apiPath('runs', run));
  const always = options.refresh || options.dead || options.job.length > 0;
  if (!always && (await server.hasRun(run))) return { run, jobs: 0 };
  const ids =
    options.job.length > 0 ? options.job : (await allJobs(lab, run)).map((job) => String(job.job_id));
  for (const id of ids) {
    const job = await lab.get<JobView & { config: string }>(apiPath('runs', run, 'jobs', id));
    await server.putJob(jobRecord(job, { summary: await summaryOf(lab, job), dead: options.dead }));
  }
  return { run, jobs: ids.length };
}

/** A job that never ran has no summary. */
async function summaryOf(lab: LabClient, job: JobView): Promise<string | null> {
  try {
    const path = `/archive/${encodeURIComponent(job.run)}/${job.job_id}/summary.yaml`;
    return await new Response(ReadableStream.from(await lab.stream(path))).text();
  } catch (error) {
    if (error instanceof LabRefusedError && error.status === 404) return null;
    throw error;
  }
}

/** Those behind the one that was noted last, the oldest first. */
async function newRuns(lab: LabClient, { save }: ReportOptions): Promise<string[]> {
  const last = save ? (await readFile(memoFile, 'utf8').catch(() => '')).trim() : '';
  const names: string[] = [];
  let cursor = '';
  for (;;) {
    const page = await lab.get<{ runs: RunView[]; next: string | null }>(`/v1/runs?limit=100${cursor}`);
    for (const run of page.runs) {
      if (run.name === last) return names.toReversed();
      names.push(run.name);
    }
    if (page.next === null) return names.toReversed();
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

function lineOf({ run, jobs }: Reported): string {
  return jobs === 0
    ? `${run}: the server has it already (-R pushes it again)`
    : `${run}: ${jobs} jobs pushed`;
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

import { writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { helpText } from './client/help-text.ts';
import { smtpNotifier } from '../adapters/embedded/smtp-notifier.ts';
import { clusterView } from '../api/result-routes.ts';
import type { RunResultsView } from '../api/result-routes.ts';
import { clusterFailures } from '../core/results/cluster-failures.ts';
import { junitXml } from '../core/results/junit.ts';
import type { Mail } from '../core/ports/notifier.ts';
import type { ResultJob } from '../core/results/result-job.ts';
import { resultsMail } from '../core/results/results-mail.ts';
import { clusterLines } from '../core/results/scrape-text.ts';
import { jobsOfFolder } from './client/archive-jobs.ts';
import { InputError, wholeNumber } from './client/failure.ts';
import { LabRefusedError, apiPath, findLab } from './client/lab-client.ts';
import type { LabClient } from './client/lab-client.ts';
import { printJson, printLines } from './client/print.ts';
import { siteSettings } from './environment.ts';
import { waitForRun } from './client/wait.ts';

interface ResultsOptions {
  readonly name?: string;
  readonly archiveDir?: string;
  readonly timeout: number;
  readonly email?: string;
  readonly dryRun: boolean;
  readonly seed?: string;
  readonly junit?: string;
  readonly json: boolean;
  readonly folder?: string;
}

/** The results of a run, wherever they were read. */
interface Results {
  readonly subject: string;
  readonly mail: string;
  readonly clusters: RunResultsView['clusters'];
  readonly junit: () => Promise<string>;
  readonly mailTo: (address: string) => Promise<unknown>;
}

/** `loligo results RUN`: what the mail about a run says, and its failures by likely cause. */
export function command(): Command {
  return new Command('results')
    .summary('show or mail the results of a run')
    .description(
      'Prints the mail about a run and then its failures by likely cause: workunits by name, else by backtrace, else by reason. With --archive-dir the files of an archive are read, and no lab is needed.',
    )
    .argument('[run]', 'run name')
    .option('--name <run>', 'run name, as in the original')
    .option('--archive-dir <dir>', 'archive folder of the run, or the one that it is in')
    .option(
      '-e, --email <address>',
      'send the mail there: the lab does, or with --archive-dir smtp_url of the site',
    )
    .option('--timeout <seconds>', 'wait that long for the run to end; 0: do not wait', wholeNumber(0), 0)
    .option('--dry-run', 'print the mail alone', false)
    .addOption(new Option('--seed <n>', 'of a memo for reruns, which the lab writes itself').hideHelp())
    .addOption(new Option('--subset <m/n>', 'likewise').hideHelp())
    .addOption(new Option('--no-nested-subset', 'likewise').hideHelp())
    .option('--junit <file>', 'also write the results there as JUnit XML; -: print only that')
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText([
        ['loligo results RUN', 'what the mail says, and the causes'],
        ['loligo results RUN --email ann@example.com', 'send the mail to her'],
        ['loligo results RUN --timeout 28800 --junit out.xml', 'wait up to 8 hours; also for a CI server'],
        ['loligo results --archive-dir DIR --name RUN', 'of files, without a lab'],
      ]),
    )
    .action(async (run: string | undefined, options: ResultsOptions) => {
      await results(options.name ?? run, options);
    });
}

async function results(run: string | undefined, options: ResultsOptions): Promise<void> {
  if (options.seed !== undefined)
    return console.error(
      'nothing is written: the lab keeps seed and subset of a run, and results.log has them',
    );
  const found =
    options.archiveDir === undefined
      ? await resultsOfRun(run, options)
      : await resultsOfFolder(options.archiveDir, run);
  if (options.junit === '-') return await printLines([(await found.junit()).trimEnd()]);
  if (options.junit !== undefined) await writeFile(options.junit, await found.junit());
  const { subject, mail, clusters } = found;
  const to = options.dryRun ? undefined : options.email;
  if (to !== undefined) {
    await found.mailTo(to);
    if (!options.json) return await printLines([`mailed to ${to}: ${subject}`]);
  }
  if (options.json)
    return await printJson({ subject, mail, clusters, ...(to !== undefined && { mailed_to: to }) });
  const causes = options.dryRun ? [] : ['', ...clusters.flatMap((each) => ['', ...linesOf(each)])];
  await printLines([`Subject: ${subject}`, '', mail.trimEnd(), ...causes]);
}

function linesOf(cluster: RunResultsView['clusters'][number]): string[] {
  const { job_ids: jobIds, common_fragments: commonFragments, all_fragments: allFragments } = cluster;
  return clusterLines({ ...cluster, jobIds, commonFragments, allFragments });
}

async function resultsOfRun(run: string | undefined, options: ResultsOptions): Promise<Results> {
  if (run === undefined) throw new InputError('which run? loligo results RUN');
  const lab = findLab(options);
  if (options.timeout > 0) await waitAtMost(lab, run, options.timeout);
  const answer = await lab.get<RunResultsView>(apiPath('runs', run, 'results'));
  const mailTo = (to: string) => lab.post(apiPath('runs', run, 'results', 'mail'), { to });
  return {
    ...answer,
    mailTo,
    junit: async () => await textOf(await lab.stream(apiPath('runs', run, 'junit.xml'))),
  };
}

/** As in the original, results are shown also of a run that does not end in time. */
async function waitAtMost(lab: LabClient, run: string, seconds: number): Promise<void> {
  const signal = AbortSignal.timeout(seconds * 1000);
  try {
    await waitForRun(lab, run, { pollMs: Math.min(5000, seconds * 100), signal });
  } catch (error) {
    if (!signal.aborted || error instanceof LabRefusedError) throw error;
    console.error(`run '${run}' is not over after ${seconds} s`);
  }
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of bytes) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

async function resultsOfFolder(archiveDir: string, run: string | undefined): Promise<Results> {
  const folder = resolve(run === undefined ? archiveDir : join(archiveDir, run));
  const listed = await jobsOfFolder(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(`cannot read the archive folder '${folder}': ${cause.message}`, { cause });
  });
  if (listed.length === 0) throw new InputError(`'${folder}' is no archive folder of a run: it has no jobs`);
  const jobs: ResultJob[] = listed.map((job) => ({
    jobId: Number(job.id),
    status: job.unfinished === null ? (job.status ?? 'unknown') : 'running',
    description: job.description ?? '',
    durationSeconds: job.duration,
    failureReason: job.failureReason,
    infoUrl: null,
    logUrl: `${join(folder, job.id)}/`,
  }));
  const about = { name: basename(folder), suite: '', submittedAt: 0, infoUrl: null, logUrl: `${folder}/` };
  const { subject, text } = resultsMail(about, jobs);
  const failed = jobs.filter((job) => job.status === 'fail' || job.status === 'dead');
  const clusters = clusterFailures(failed.map((job) => ({ ...job, backtrace: null })));
  return {
    subject,
    mail: text,
    clusters: clusters.map(clusterView),
    junit: async () => junitXml(about, jobs),
    mailTo: (to) => mailFromHere({ id: `folder ${folder} ${to}`, to, subject, text }),
  };
}

/** Where there is no lab to send it, the mail server of the site is asked. */
async function mailFromHere(mail: Mail): Promise<void> {
  const { smtpUrl: url, from } = (await siteSettings()).mail;
  if (url === null)
    throw new InputError(
      'no mail server: set smtp_url in ~/.loligo.yaml, or have a lab send it (without --archive-dir)',
    );
  try {
    await smtpNotifier({ url, from }).send(mail);
  } catch (cause) {
    const trouble = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`the mail to '${mail.to}' was not accepted: ${trouble}`, { cause });
  }
}

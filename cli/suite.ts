import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { InputError, wholeNumber } from './failure.ts';
import { apiPath, findLab } from './lab-client.ts';
import type { JobView, LabClient, RunView, Submitted } from './lab-client.ts';
import { printJson, printLines } from './print.ts';
import { allJobs } from './run-jobs.ts';
import { finishedLine, verdictTable } from './verdicts.ts';
import { waitForRun } from './wait.ts';

interface SuiteOptions {
  suite?: string;
  suiteDir?: string;
  suiteRelpath: string;
  name?: string;
  machineType?: string;
  priority: number;
  forcePriority: boolean;
  jobThreshold: number;
  num: number;
  limit?: number;
  subset?: string;
  seed: number;
  nestedSubset: boolean;
  filter: string[];
  filterOut: string[];
  filterAll: string[];
  filterFragments?: boolean;
  distro?: string;
  distroVersion?: string;
  owner?: string;
  email?: string;
  sleepBeforeTeardown: number;
  rerun?: string;
  rerunStatuses: string[];
  dryRun: boolean;
  wait: boolean;
  json: boolean;
  folder?: string;
}

/** `loligo suite`, with the option names and defaults of the original as far as a lab without package builds has a meaning for them. */
export function command(): Command {
  return new Command('suite')
    .summary('queue the jobs of a suite')
    .argument('[config_yaml...]', 'YAML files merged over every job')
    .option('-s, --suite <suite>', 'suite path below suites/, with / or :')
    .option('--suite-dir <dir>', 'folder that holds suites/ (default: here, else those that ship)')
    .option('--suite-relpath <path>', 'where suites/ is below --suite-dir', '')
    .option('--name <run>', 'run name (default: made from owner, time and suite)')
    .option('-m, --machine-type <type>', 'machine type (default: the one the lab has)')
    .option('-p, --priority <n>', 'lower is sooner', wholeNumber(0), 1000)
    .option('--force-priority', 'skip the priority check', false)
    .option('--job-threshold <n>', 'refuse more jobs than this; 0: any number', wholeNumber(0), 500)
    .option('-N, --num <n>', 'queue every job that often', wholeNumber(1), 1)
    .option('-l, --limit <n>', 'at most that many jobs; 0: all', wholeNumber(0))
    .option('--subset <m/n>', 'one of n parts of the suite')
    .option('--seed <n>', 'for random choices; -1: drawn', wholeNumber(-1), -1)
    .option('--no-nested-subset', 'ignore subsets inside the suite')
    .option('--filter <list>', 'only jobs whose description contains one of these', commaList, [])
    .option('--filter-out <list>', 'no jobs whose description contains one of these', commaList, [])
    .option('--filter-all <list>', 'only jobs whose description contains all of these', commaList, [])
    .option('-F, --filter-fragments [bool]', 'filters look at fragments too', truth)
    .option('-d, --distro <type>', 'os_type of every job, and a filter')
    .option('-D, --distro-version <version>', 'os_version of every job, and a filter')
    .option('--owner <owner>', 'another owner; operators only')
    .option('-e, --email <address>', 'who gets the results')
    .option('--sleep-before-teardown <seconds>', 'keep the machines of a finished job', wholeNumber(0), 0)
    .option('-r, --rerun <run>', 'again what did not pass in that run, with its seed and subset')
    .option('-R, --rerun-statuses <list>', 'which jobs of it', commaList, ['fail', 'dead'])
    .option('-y, --non-interactive', 'accepted for old scripts: nothing is ever asked')
    .option('--dry-run', 'list the jobs, queue nothing', false)
    .option('--wait', 'until all jobs are over; exit 1 if any did not pass', false)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'folder of the lab')
    .action(suite);
}

async function suite(configFiles: string[], options: SuiteOptions): Promise<void> {
  const lab = findLab(options);
  const body = await requestBody(lab, configFiles, options);
  const submitted = await lab.post<Submitted>('/v1/suites', body);
  if (options.dryRun) {
    if (options.json) return await printJson(submitted);
    return await printLines([...submitted.descriptions, ...summaryLines(submitted, options)]);
  }
  if (options.json && !options.wait) return await printJson(submitted);
  if (!options.json) await printLines([...summaryLines(submitted, options), submitted.url]);
  if (options.wait) await waitAndJudge(lab, submitted, options.json);
}

/** What is sent to `POST /v1/suites`. */
async function requestBody(lab: LabClient, configFiles: string[], options: SuiteOptions) {
  const earlier = options.rerun === undefined ? null : await rerunOf(lab, options.rerun, options);
  const name = options.suite ?? earlier?.suite;
  if (name === undefined) throw new InputError('which suite? loligo suite -s SUITE, or -r RUN');
  // As in the original, machines that are kept for somebody to look at are not taken a whole suite at a time.
  const limit = options.limit ?? (options.sleepBeforeTeardown > 0 ? 1 : 0);
  return {
    suite: name.replaceAll(':', '/'),
    suite_dir: suiteDir(options),
    machine_type: options.machineType ?? null,
    name: options.name ?? null,
    owner: options.owner ?? null,
    priority: options.priority,
    force_priority: options.forcePriority,
    job_threshold: options.jobThreshold,
    subset: options.subset ?? earlier?.subset ?? null,
    seed: options.seed >= 0 ? options.seed : (earlier?.seed ?? null),
    no_nested_subset: !options.nestedSubset || (earlier?.noNestedSubset ?? false),
    filters: {
      in: [...options.filter, ...(earlier?.descriptions ?? [])],
      out: options.filterOut,
      all: options.filterAll,
      fragments: options.filterFragments ?? false,
    },
    limit,
    num: options.num,
    config_yaml: await Promise.all(configFiles.map(readConfig)),
    email: options.email ?? null,
    sleep_before_teardown: options.sleepBeforeTeardown,
    distro: options.distro ?? null,
    distro_version: options.distroVersion ?? null,
    dry_run: options.dryRun,
  };
}

function suiteDir(options: SuiteOptions): string {
  const shipped = join(import.meta.dirname, '..');
  const chosen = options.suiteDir ?? (existsSync('suites') ? '.' : shipped);
  return resolve(chosen, options.suiteRelpath);
}

async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new InputError(`cannot read '${file}': ${(cause as Error).message}`, { cause });
  }
}

/** What a rerun takes over from the earlier run. Nothing to repeat is an error, not the whole suite. */
async function rerunOf(lab: LabClient, name: string, options: SuiteOptions) {
  const run = await lab.get<RunView>(apiPath('runs', name));
  if (options.seed >= 0 && options.seed !== run.seed) throw differs('seed', options.seed, run.seed);
  if (options.subset !== undefined && options.subset !== run.subset)
    throw differs('subset', options.subset, run.subset);
  const jobs = await allJobs(lab, name, options.rerunStatuses);
  const descriptions = [...new Set(jobs.map((job) => job.description).filter((text) => text !== ''))];
  if (descriptions.length === 0) {
    throw new InputError(
      `run '${name}' has no job that is ${options.rerunStatuses.join(' or ')}: nothing to repeat`,
    );
  }
  return {
    suite: run.suite,
    seed: run.seed,
    subset: run.subset,
    noNestedSubset: run.no_nested_subset,
    descriptions,
  };
}

function differs(what: string, given: unknown, earlier: unknown): InputError {
  return new InputError(
    `--${what} ${String(given)} differs from that of the run to repeat, ${String(earlier)}`,
  );
}

function summaryLines(submitted: Submitted, options: SuiteOptions): string[] {
  const verb = options.dryRun ? 'would queue' : 'queued';
  return [
    `Suite ${options.suite ?? options.rerun}: ${verb} ${submitted.jobs} jobs as ${submitted.run}${submitted.seed === null ? '' : ` (seed ${submitted.seed})`}`,
    ...(submitted.dropped > 0 ? [`${submitted.dropped} jobs were filtered out.`] : []),
  ];
}

async function waitAndJudge(lab: LabClient, submitted: Submitted, json: boolean): Promise<void> {
  const onFinished = (job: JobView) => (json ? undefined : console.log(finishedLine(job)));
  const jobs = await waitForRun(lab, submitted.run, { pollMs: 1000, onFinished });
  if (json) await printJson({ ...submitted, results: jobs });
  else await printLines(['', ...verdictTable(jobs)]);
  if (jobs.some((job) => job.status !== 'pass')) process.exitCode = 1;
}

function commaList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function truth(text: string): boolean {
  if (/^(y|yes|t|true|on|1)$/i.test(text)) return true;
  if (/^(n|no|f|false|off|0)$/i.test(text)) return false;
  throw new InputError(`'${text}' is neither true nor false`);
}

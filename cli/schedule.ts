import { Command, Option } from 'commander';
import { helpText } from './client/help-text.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { readJobFiles } from '../adapters/yaml/job-files.ts';
import type { YamlMap, YamlValue } from '../core/config/yaml-value.ts';
import { InputError, wholeNumber } from './client/failure.ts';
import { findLab } from './client/lab-client.ts';
import type { Submitted } from './client/lab-client.ts';
import { printJson, printLines } from './client/print.ts';
import { appendToQueueFile, queueFileOf } from './suite/queue-file.ts';

const usualPriority = 1000;

interface ScheduleOptions {
  name?: string;
  description?: string;
  owner?: string;
  worker?: string;
  priority?: number;
  num: number;
  email?: string;
  timeout?: number;
  queueBackend: string;
  firstInSuite: boolean;
  lastInSuite: boolean;
  seed?: string;
  subset?: string;
  nestedSubset: boolean;
  dryRun: boolean;
  json: boolean;
  folder?: string;
}

/** `loligo schedule FILE...`: one job from files merged in order. `targets` in them are dropped: the lab gives nodes. */
export function command(): Command {
  return new Command('schedule')
    .summary('queue one job')
    .description(
      'Queues one job, or copies of it, as a run of its own, and prints the name of the run and the ids.',
    )
    .argument('[file...]', 'job files, merged in order; - is standard input')
    .option('-n, --name <run>', 'run name')
    .option('-d, --description <text>', 'what the job is')
    .option('-o, --owner <owner>', 'another owner; operators only')
    .option('-w, --worker <type>', 'machine type (default: of the job, else the one the lab has)')
    .option('-p, --priority <n>', 'lower is sooner (default: of the job, else 1000)', wholeNumber(0))
    .option('-N, --num <n>', 'how many copies', wholeNumber(1), 1)
    .option('--email <address>', 'who gets the results (default: of the job, else results_email of the site)')
    .option(
      '--timeout <seconds>',
      'mail what there is after that time, if the run is not over',
      wholeNumber(0),
    )
    .option(
      '-b, --queue-backend <name>',
      '@FILE: append the jobs to a file instead of queueing them',
      'beanstalk',
    )
    .option('--first-in-suite', 'accepted for old scripts: the lab itself keeps seed and subset', false)
    .option('--last-in-suite', 'accepted for old scripts: the lab itself mails the results', false)
    .addOption(new Option('--seed <n>', 'with --first-in-suite').hideHelp())
    .addOption(new Option('--subset <m/n>', 'with --first-in-suite').hideHelp())
    .addOption(new Option('--no-nested-subset', 'with --first-in-suite').hideHelp())
    .option('--dry-run', 'print the job as YAML instead', false)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText([
        ['loligo schedule job.yaml', 'one job, as it is'],
        ['loligo schedule base.yaml more.yaml -N 10 -p 50', 'ten copies, soon'],
        ['cat job.yaml | loligo schedule -n RUN --dry-run -', 'print what would be queued'],
      ]),
    )
    .action(schedule);
}

async function schedule(files: string[], options: ScheduleOptions): Promise<void> {
  if (isBracket(options)) return;
  if (files.length === 0) throw new InputError('which job? give files, or - for standard input');
  const queueFile = queueFileOf(options.queueBackend);
  const { config, warnings } = await readJobFiles(files, { stdin: process.stdin });
  for (const warning of warnings) console.error(warning);
  if (options.dryRun) return await printLines(['---', pyYaml.print(jobDocument(config, options)).trimEnd()]);
  if (queueFile !== null) return await queueToFile(queueFile, { config, options });
  const submitted = await findLab(options).post<Submitted>('/v1/jobs', {
    yaml: pyYaml.print(wishes(config, options)),
    name: options.name ?? null,
    description: options.description ?? null,
    owner: options.owner ?? null,
    machine_type: options.worker ?? null,
    priority: options.priority ?? null,
    num: options.num,
  });
  if (options.json) return await printJson(submitted);
  await printScheduled(submitted.run, submitted.job_ids);
}

/** The jobs that the original brackets a suite with: what they are for, the lab does without them. */
function isBracket(options: ScheduleOptions): boolean {
  const memo = options.seed ?? options.subset ?? (options.nestedSubset ? undefined : true);
  if (memo !== undefined && !options.firstInSuite)
    throw new InputError('--seed, --subset and --no-nested-subset go with --first-in-suite');
  if (options.firstInSuite) console.error('nothing is queued: the lab keeps seed and subset of a run');
  else if (options.lastInSuite) console.error('nothing is queued: the lab mails the results of a run');
  return options.firstInSuite || options.lastInSuite;
}

async function queueToFile(
  file: string,
  { config, options }: { config: YamlMap; options: ScheduleOptions },
): Promise<void> {
  if (options.name === undefined) throw new InputError('--queue-backend @FILE needs --name RUN');
  const configs = [pyYaml.print(jobDocument(config, options))];
  await printScheduled(options.name, await appendToQueueFile(file, { configs, copies: options.num }));
}

async function printScheduled(run: string, ids: readonly number[]): Promise<void> {
  await printLines(ids.map((id) => `Job scheduled with name ${run} and ID ${id}`));
}

/** The job with what only its own keys can ask for. */
function wishes(config: YamlMap, { email, timeout }: ScheduleOptions): YamlMap {
  const asked: [string, YamlValue | undefined][] = [
    ['email', email],
    ['results_timeout', timeout],
  ];
  return changed(config, asked);
}

/** The job with what the options say about it, as far as that is known without a lab. */
function jobDocument(config: YamlMap, options: ScheduleOptions): YamlMap {
  const asked: [string, YamlValue | undefined][] = [
    ['name', options.name],
    ['description', options.description],
    ['owner', options.owner],
    ['machine_type', options.worker],
    ['priority', options.priority ?? (config.has('priority') ? undefined : usualPriority)],
  ];
  return changed(wishes(config, options), asked);
}

function changed(config: YamlMap, values: readonly [string, YamlValue | undefined][]): YamlMap {
  const document = new Map([...config].filter(([key]) => key !== 'targets'));
  for (const [key, value] of values) if (value !== undefined) document.set(key, value);
  return document;
}

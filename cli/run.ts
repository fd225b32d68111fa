import { mkdir, stat } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { helpText } from './client/help-text.ts';
import { fileArchive } from '../adapters/embedded/file-archive.ts';
import { JobFileError, readJobFiles } from '../adapters/yaml/job-files.ts';
import { SiteSettingsError } from '../adapters/yaml/site-settings.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { JobConfigError } from '../core/config/job-problem.ts';
import type { RolesByHost } from '../core/config/roles.ts';
import type { SiteConfig } from '../core/config/site-settings.ts';
import { bindRoles, parseTargets, TargetError } from '../core/config/targets.ts';
import { YamlError } from '../core/config/yaml-error.ts';
import { toPlain } from '../core/config/yaml-value.ts';
import type { PlainValue, YamlMap } from '../core/config/yaml-value.ts';
import { JobStoppedError } from '../runner/engine/stop.ts';
import { runJob } from '../runner/job/run-job.ts';
import type { JobResult } from '../runner/job/run-job.ts';
import { version } from '../runner/job/version.ts';
import { builtInTasks } from '../runner/tasks/built-in.ts';
import { cliEnvironment, siteSettings } from './environment.ts';
import { exitStatusOf } from './client/verdicts.ts';
import { InputError } from './client/failure.ts';
import { LabRefusedError } from './client/lab-client.ts';
import { labOfRun } from './lock/lab-of-run.ts';
import type { LabOfRun } from './lock/lab-of-run.ts';
import { lockForRun } from './lock/for-run.ts';
import { stopSignals } from './client/stop-signals.ts';
import { ownNodes } from './run/own-nodes.ts';

interface Flags {
  readonly verbose?: boolean;
  readonly archive?: string;
  readonly name?: string;
  readonly description?: string;
  readonly owner?: string;
  readonly suitePath?: string;
  readonly interactiveOnError?: boolean;
  readonly machineType?: string;
  readonly osType?: string;
  readonly osVersion?: string;
  readonly lock?: boolean;
  readonly block?: boolean;
  readonly targets?: 'docker' | 'sandbox';
  readonly connectAttempts?: number;
  readonly folder?: string;
}

/** `loligo run`: executes one job from files, on the targets that they name. */
export function command(): Command {
  return new Command('run')
    .summary('run one job here')
    .description(
      'Runs one job on the targets that its files name. Several files are merged, later ones over earlier ones; `-` is standard input.',
    )
    .argument('<file...>', 'YAML files of the job')
    .option('-v, --verbose', 'show debug lines too')
    .option('-a, --archive <dir>', 'folder for logs and results; made if its parent exists')
    .option('--name <name>', 'name of the run this job is part of')
    .option('--description <text>', 'what the job is for')
    .option('--owner <owner>', 'who runs the job (default: login@hostname)')
    .option('--suite-path <dir>', 'where the suite and its own tasks are')
    .option('--interactive-on-error', 'open a prompt when a task fails, before anything is cleaned up')
    .option('--machine-type <type>', 'machine type to lock')
    .option('--os-type <name>', 'operating system of the machines')
    .option('--os-version <version>', 'its version')
    .option('--lock', 'lock machines of the lab for the job')
    .option('--block', 'with --lock: wait until there are enough machines')
    .addOption(
      new Option(
        '--targets <kind>',
        'make the machines for this job here, and take them away after it: no lab is needed, and what the files name as targets does not count',
      ).choices(['docker', 'sandbox']),
    )
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .option('--connect-attempts <n>', 'how often to try to reach a host (default: 10)', positive)
    .version(version, '--version')
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo run job.yaml -a /tmp/out', 'on the `targets` of the file'],
          ['loligo run base.yaml - < more.yaml', 'merged; - is standard input'],
          ['loligo run --lock --block job.yaml', 'on machines of the lab, as soon as there are enough'],
          ['loligo run --interactive-on-error job.yaml', 'stop at a failure to look around'],
        ],
        '0 the job passed, 1 it failed, 2 it could not be started, 3 it is dead: killed, or its machines or what it needs of others failed',
      ),
    )
    .action(async (files: string[], flags: Flags) => {
      process.exitCode = await run(files, flags);
    });
}

async function run(files: readonly string[], flags: Flags): Promise<number> {
  let start: StartedJob;
  try {
    start = await prepare(files, flags);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    console.error(error.message);
    return 2;
  }
  const ended = await execute(start, flags);
  // A task that was left behind may still hold the process; everything has been written.
  process.exit(exitStatusOf([ended]));
}

interface StartedJob {
  readonly config: YamlMap;
  readonly site: SiteConfig;
  readonly archiveFolder: string | null;
  readonly readsStdin: boolean;
  readonly lab: LabOfRun | null; // null = nobody is asked about locks
}

/** Everything that can be refused before the job begins; only the archive's folder is made. */
async function prepare(files: readonly string[], flags: Flags): Promise<StartedJob> {
  if (flags.block && !flags.lock) throw new InputError('--block waits for machines to lock: it needs --lock');
  if (flags.targets && flags.lock)
    throw new InputError('--lock takes machines of a lab, --targets makes some: give one of them');
  const site = await siteSettings();
  const job = await readJobFiles(files, { stdin: process.stdin });
  for (const warning of job.warnings) console.error(`warning: ${warning}`);
  if (flags.lock) refuseTargets(job.config);
  else if (flags.targets) refuseNoRoles(job.config);
  else refuseUnboundRoles(job.config, site);
  const lab = await labOfRun({ flags, config: job.config, site, environment: process.env });
  const named = flags.archive ?? text(job.config, 'archive_path');
  const archiveFolder = named === null ? null : await archiveAt(resolve(named));
  const config = withFlags(job.config, { flags, site, archiveFolder });
  return { config, site, archiveFolder, readsStdin: files.includes('-'), lab };
}

function refuseTargets(config: YamlMap): void {
  if ((config.get('targets') ?? null) !== null)
    throw new InputError('--lock chooses the targets: the job must not list any itself');
}

function refuseNoRoles(config: YamlMap): void {
  if (!Array.isArray(config.get('roles')))
    throw new InputError('--targets makes a machine for each entry of roles: the job has none');
}

function refuseUnboundRoles(config: YamlMap, site: SiteConfig): void {
  const job = toPlain(config) as { [key: string]: PlainValue };
  const roles = (job['roles'] ?? null) as RolesByHost | null;
  const naming = { labDomain: site.labDomain, defaultUser: site.testUser };
  bindRoles(roles, parseTargets(job['targets'] ?? null, naming));
}

async function archiveAt(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return folder;
  if (found) throw new InputError(`the archive ${folder} is a file, not a folder`);
  try {
    await mkdir(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `${dirname(folder)} does not exist` : message;
    throw new InputError(`the archive ${folder} cannot be made: ${why}`, { cause: error });
  }
  return folder;
}

/** Flags come over what the files say. */
function withFlags(
  config: YamlMap,
  params: { flags: Flags; site: SiteConfig; archiveFolder: string | null },
): YamlMap {
  const { flags, site, archiveFolder } = params;
  const merged = new Map(config);
  const set = (key: string, value: string | number | null | undefined): void => {
    if (value !== null && value !== undefined) merged.set(key, value);
  };
  set('archive_path', archiveFolder);
  set('name', flags.name);
  set('description', flags.description);
  set('suite_path', flags.suitePath === undefined ? null : resolve(flags.suitePath));
  set('machine_type', flags.machineType);
  set('os_type', flags.osType);
  set('os_version', flags.osVersion);
  if (!config.has('sleep_before_teardown') && site.sleepBeforeTeardownSeconds > 0) {
    set('sleep_before_teardown', site.sleepBeforeTeardownSeconds);
  }
  return merged;
}

async function execute(start: StartedJob, flags: Flags): Promise<JobResult> {
  const { config, site, archiveFolder } = start;
  const signals = stopSignals();
  ignoreLostReaders();
  const killed = new AbortController();
  const giveUp = new AbortController();
  void signals.first.then((signal) => {
    console.error(`${signal}: unwinding; once more to stop at once`);
    killed.abort(new JobStoppedError('killed', 'killed'));
  });
  void signals.second.then(() => giveUp.abort());
  const locks =
    start.lab === null || !flags.lock
      ? null
      : lockForRun({ ...start, lab: start.lab, wait: flags.block ?? false });
  locks?.lost.addEventListener('abort', () => {
    killed.abort(locks.lost.reason);
    giveUp.abort(); // nothing may be done to the hosts any more
  });
  const jobId = Number(text(config, 'job_id') ?? NaN);
  const own =
    flags.targets === undefined
      ? null
      : await ownNodes({ kind: flags.targets, config, folder: cliEnvironment().folder });
  try {
    const result = await runJob({
      config,
      archive: archiveFolder === null ? null : fileArchive({ folder: archiveFolder, baseUrl: null }),
      archivePrefix: '',
      archiveLocation: archiveFolder ?? '',
      yaml: pyYaml,
      site,
      options: {
        owner: flags.owner ?? start.lab?.owner ?? `${userInfo().username}@${hostname()}`,
        name: text(config, 'name'),
        jobId: Number.isInteger(jobId) ? jobId : null,
        description: text(config, 'description'),
        verbose: flags.verbose ?? false,
        suitePath: text(config, 'suite_path'),
        interactiveOnError: flags.interactiveOnError ?? false,
      },
      clock: { now: Date.now },
      builtInTasks,
      signal: killed.signal,
      giveUp: giveUp.signal,
      console: (line) => process.stderr.write(line),
      terminal: start.readsStdin ? null : { input: process.stdin, output: process.stdout },
      maxSeconds: site.maxJobSeconds,
      ...(flags.connectAttempts === undefined ? {} : { connectAttempts: flags.connectAttempts }),
      ...(start.lab && { checkLocks: start.lab.checkLocks }),
      ...(locks && { lockMachines: locks.lockMachines }),
      ...(own && { nodes: own.nodes }),
    });
    await locks?.settle({ ...result, asked: signals.signal.aborted });
    return result;
  } finally {
    await own?.remove();
    signals.release();
  }
}

/** A reader that went away (`2>&1 | head`) is no reason to leave hosts as they are: the job goes on, and its archive has the log. */
function ignoreLostReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function isRefusal(error: unknown): error is Error {
  const kinds = [
    InputError,
    JobFileError,
    JobConfigError,
    YamlError,
    SiteSettingsError,
    TargetError,
    LabRefusedError,
  ];
  return kinds.some((kind) => error instanceof kind);
}

function text(config: YamlMap, key: string): string | null {
  const value = config.get(key) ?? null;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

function positive(given: string): number {
  const value = Number(given);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`'${given}' is not a number from 1 on`);
}

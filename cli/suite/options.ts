import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { wholeNumber } from '../client/failure.ts';

export interface SuiteOptions {
  suite?: string;
  suiteDir?: string;
  suiteRelpath?: string;
  suiteRepo?: string;
  suiteBranch?: string;
  suiteSha1?: string;
  ceph: string;
  cephRepo?: string;
  sha1?: string;
  validateSha1: boolean;
  newest: number;
  packageIndex?: string;
  kernel: string;
  kdb: boolean;
  flavor: string;
  teuthologyBranch?: string;
  name?: string;
  machineType?: string;
  arch?: string;
  priority: number;
  forcePriority: boolean;
  jobThreshold?: number;
  num: number;
  limit: number;
  subset?: string;
  seed: number;
  nestedSubset: boolean;
  filter: string[];
  filterOut: string[];
  filterAll: string[];
  filterFragments: boolean;
  compat: boolean;
  distro?: string;
  distroVersion?: string;
  owner?: string;
  email?: string;
  timeout?: number;
  expire?: string;
  rocketchat?: string;
  archiveUpload?: string;
  sleepBeforeTeardown: number;
  rerun?: string;
  rerunStatuses: string[];
  queueBackend: string;
  nonInteractive: boolean;
  dryRun: boolean;
  wait: boolean;
  json: boolean;
  verbose: number;
  folder?: string;
}

/** The options of `loligo suite`: names and defaults of the original, and a few of our own. */
export function suiteOptions(command: Command): Command {
  return outcomeOptions(jobOptions(buildOptions(command)));
}

function buildOptions(command: Command): Command {
  return command
    .option('-s, --suite <suite>', 'suite path below suites/, with / or :')
    .option('--suite-dir <dir>', 'folder with the suites (default: here, else those that ship)')
    .option('--suite-relpath <path>', 'where suites/ is in it (default: qa where there is one)')
    .addOption(
      new Option('--suite-repo <url>', 'repository with the suites, or its short name').env(
        'TEUTH_SUITE_REPO',
      ),
    )
    .addOption(
      new Option(
        '--suite-branch <branch>',
        'of the suites (default: the ceph branch where it exists, else main)',
      ).env('TEUTH_SUITE_BRANCH'),
    )
    .option('--suite-sha1 <hash>', 'of the suites; wins over the branch')
    .addOption(
      new Option('-c, --ceph <branch>', 'branch of the build under test')
        .env('TEUTH_CEPH_BRANCH')
        .default('main'),
    )
    .addOption(new Option('--ceph-repo <url>', 'its repository, or its short name').env('TEUTH_CEPH_REPO'))
    .option('-S, --sha1 <hash>', 'of the build under test; wins over the branch')
    .option('--validate-sha1 <bool>', 'whether that hash must be in the repository', truth, true)
    .option('-n, --newest <n>', 'go back up to that many commits until there are packages', wholeNumber(0), 0)
    .option('--package-index <url>', "where packages are looked up (default: the site's package_index_url)")
    .option('-k, --kernel <branch>', 'kernel branch; distro: as it is; none: not looked at', 'distro')
    .option('--kdb <bool>', 'kernel debugger', truth, true)
    .option('-f, --flavor <flavor>', 'of the packages', 'default')
    .addOption(new Option('-t, --teuthology-branch <branch>', 'noted in the jobs').env('TEUTH_BRANCH'))
    .option('--arch <arch>', 'default: that of the first machine of the type');
}

function jobOptions(command: Command): Command {
  return command
    .option('--name <run>', 'run name (default: made from owner, time, suite and build)')
    .option('-m, --machine-type <type>', 'one, or several with commas (default: the one the lab has)')
    .option('-p, --priority <n>', 'lower is sooner', wholeNumber(0), 1000)
    .option('--force-priority', 'skip the priority check', false)
    .option('--job-threshold <n>', 'refuse more jobs than this; 0: any number (default: 500)', wholeNumber(0))
    .option('-N, --num <n>', 'queue every job that often', wholeNumber(1), 1)
    .option('-l, --limit <n>', 'at most that many jobs; 0: all', wholeNumber(0), 0)
    .option('--subset <m/n>', 'one of n parts of the suite')
    .option('--seed <n>', 'for random choices; -1: drawn', wholeNumber(-1), -1)
    .option('--no-nested-subset', 'ignore subsets inside the suite')
    .option('--filter <list>', 'only jobs whose description contains one of these', commaList, [])
    .option('--filter-out <list>', 'no jobs whose description contains one of these', commaList, [])
    .option('--filter-all <list>', 'only jobs whose description contains all of these', commaList, [])
    .option('-F, --filter-fragments [bool]', 'filters look at the paths of fragments too', truth, false)
    .option('--compat', "filters and reruns select as the original's did", false)
    .option('-d, --distro <type>', 'os_type of every job, and a filter')
    .option('-D, --distro-version <version>', 'os_version of every job, and a filter')
    .option(
      '--expire <time>',
      'when jobs become too old to start: a time (UTC), or 90s, 30m, 1h, 3d, 1w from now',
    )
    .option('--sleep-before-teardown <seconds>', 'keep the machines of a finished job', wholeNumber(0), 0)
    .option('-r, --rerun <run>', 'again what did not pass in that run, with its suite, seed and subset')
    .option('-R, --rerun-statuses <list>', 'which jobs of it', statusList, ['fail', 'dead']);
}

function outcomeOptions(command: Command): Command {
  return command
    .option('--owner <owner>', 'another owner; operators only')
    .option('-e, --email <address>', 'who gets the results')
    .option('--rocketchat <list>', 'who is told when a job falls asleep')
    .option('--archive-upload <destination>', 'noted in the jobs')
    .option('--archive-upload-url <url>', 'accepted for old scripts: archives have a URL here')
    .option(
      '-b, --queue-backend <name>',
      '@FILE: append the jobs to a file instead of queueing them',
      'beanstalk',
    )
    .option(
      '--timeout <seconds>',
      'mail what there is after that time, if the run is not over (default: results_timeout of the site, 12 h)',
      wholeNumber(0),
    )
    .option('--throttle <seconds>', 'accepted for old scripts: a run is queued in one go', wholeNumber(0))
    .option('-y, --non-interactive', 'ask no questions', false)
    .option('--dry-run', 'list the jobs, queue nothing', false)
    .option('--wait', 'until all jobs are over; exit 1 if any did not pass', false)
    .option('--json', 'for programs', false)
    .option(
      '-v, --verbose',
      'with --dry-run: what the jobs have in common; twice: every job',
      (_, n: number) => n + 1,
      0,
    )
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)');
}

/** Empty parts stay: what they mean is for the lab to say. */
function commaList(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function statusList(text: string): string[] {
  return commaList(text).filter((part) => part !== '');
}

function truth(text: string): boolean {
  if (/^(y|yes|t|true|on|1)$/i.test(text)) return true;
  if (/^(n|no|f|false|off|0)$/i.test(text)) return false;
  throw new InvalidArgumentError(`'${text}' is neither true nor false.`);
}

import { Command, Option } from 'commander';
import { helpText } from './client/help-text.ts';
import { InputError } from './client/failure.ts';
import { apiPath, findLab } from './client/lab-client.ts';
import type { LabClient } from './client/lab-client.ts';

interface KillOptions {
  run?: string;
  job: string[];
  jobspec?: string;
  owner?: string;
  machineType?: string;
  preserveQueue: boolean;
  reason?: string;
  folder?: string;
}

interface Killed {
  readonly run: string;
  readonly job_ids: readonly number[];
}

/** `loligo kill RUN [JOB...]`, and the original's `-r RUN`, `-j JOB`, `-J RUN/JOB`, `-o OWNER`, `-m TYPE`, `-p`. */
export function command(): Command {
  return new Command('kill')
    .summary('end jobs')
    .description(
      'Ends all jobs of a run, some of them, or those of an owner. Queued jobs leave the queue; running ones are unwound, with their logs brought to the archive, and their nodes cleaned. The verdict is dead, with the reason. Jobs of others take an operator.',
    )
    .argument('[run]', 'run name, or RUN/JOB')
    .argument('[job...]', 'job ids')
    .option('-r, --run <run>', 'run name')
    .addOption(new Option('-j, --job <id>', 'job id, repeatable').argParser(collect).default([]))
    .option('-J, --jobspec <run/id>', 'one job')
    .option('-o, --owner <owner>', 'only jobs of this owner; without a run, those of all their runs')
    .option('-m, --machine-type <type>', 'only jobs that accept this machine type')
    .option('-p, --preserve-queue', 'leave queued jobs alone', false)
    .addOption(new Option('-a, --archive <dir>', 'accepted: the lab knows where its runners are').hideHelp())
    .option('--reason <text>', 'what to tell the owner of the jobs')
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText([
        ['loligo kill RUN', 'all jobs of a run'],
        ["loligo kill RUN 17 18 --reason 'wrong branch'", 'two of them'],
        ['loligo kill RUN -p', 'only those that run or are about to'],
        ['loligo kill -o ann@desk', 'whatever she has'],
      ]),
    )
    .action(async (run: string | undefined, jobs: string[], options: KillOptions) => {
      const lab = findLab(options);
      const target = named(options.jobspec ?? options.run ?? run, positional(run, jobs, options));
      const killed = await kill(lab, target, options);
      if (killed.length === 0) console.log('nothing to kill: no job is queued or running');
      for (const { run: name, job_ids: ids } of killed) {
        const of = target.run === null ? ` of ${name}` : '';
        console.log(`killed ${ids.length === 1 ? '1 job' : `${ids.length} jobs`}${of}: ${ids.join(' ')}`);
      }
    });
}

/** With `-r RUN` every bare word is a job. */
function positional(
  run: string | undefined,
  jobs: readonly string[],
  options: KillOptions,
): readonly string[] {
  const byOption = options.jobspec !== undefined || options.run !== undefined;
  return [...(byOption && run !== undefined ? [run] : []), ...jobs, ...options.job];
}

interface Target {
  readonly run: string | null; // null = all runs of the owner
  readonly jobs: readonly string[];
}

function named(run: string | undefined, jobs: readonly string[]): Target {
  if (run === undefined) return { run: null, jobs };
  const [name = '', job, ...rest] = run.split('/').filter((part) => part !== '');
  if (rest.length > 0 || name === '') throw new InputError(`'${run}' is neither RUN nor RUN/JOB`);
  return { run: name, jobs: job === undefined ? jobs : [job, ...jobs] };
}

async function kill(lab: LabClient, { run, jobs }: Target, options: KillOptions): Promise<readonly Killed[]> {
  const { owner = null, machineType = null, preserveQueue, reason = null } = options;
  if (run === null && (owner === null || jobs.length > 0))
    throw new InputError('which run? loligo kill RUN [JOB...], or loligo kill --owner OWNER');
  if (jobs.length === 0) {
    const wish = { run, owner, machine_type: machineType, preserve_queue: preserveQueue, reason };
    return (await lab.post<{ killed: Killed[] }>('/v1/kill', wish)).killed;
  }
  if (machineType !== null || preserveQueue)
    throw new InputError('--machine-type and --preserve-queue are for whole runs: name no jobs');
  const ids: number[] = [];
  for (const job of jobs) {
    const path = apiPath('runs', run ?? '', 'jobs', job, 'kill');
    ids.push(...(await lab.post<{ job_ids: number[] }>(path, { reason })).job_ids);
  }
  return ids.length === 0 ? [] : [{ run: run ?? '', job_ids: ids }];
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

import { Command, Option } from 'commander';
import { InputError } from './client/failure.ts';
import { apiPath, findLab } from './client/lab-client.ts';
import type { JobView, LabClient } from './client/lab-client.ts';

interface KillOptions {
  run?: string;
  job: string[];
  jobspec?: string;
  preserveQueue: boolean;
  reason?: string;
  folder?: string;
}

/** `loligo kill RUN [JOB...]`, and the original's `-r RUN`, `-j JOB`, `-J RUN/JOB`, `-p`. */
export function command(): Command {
  return new Command('kill')
    .summary('end jobs')
    .description(
      'Ends all jobs of a run, or only some. Queued jobs leave the queue, running ones are unwound; the verdict is dead.',
    )
    .argument('[run]', 'run name, or RUN/JOB')
    .argument('[job...]', 'job ids')
    .addOption(new Option('-r, --run <run>', 'run name').hideHelp())
    .addOption(new Option('-j, --job <id>', 'job id, repeatable').argParser(collect).default([]).hideHelp())
    .addOption(new Option('-J, --jobspec <run/id>', 'one job').hideHelp())
    .option('-p, --preserve-queue', 'leave queued jobs alone', false)
    .option('--reason <text>', 'what to tell the owner of the jobs')
    .option('--folder <dir>', 'folder of the lab')
    .action(async (run: string | undefined, jobs: string[], options: KillOptions) => {
      const lab = findLab(options);
      const target = named(options.jobspec ?? options.run ?? run, [...jobs, ...options.job]);
      const ids = await kill(lab, target, options);
      console.log(
        ids.length === 0
          ? 'nothing to kill: no job is queued or running'
          : `killed ${ids.length} jobs: ${ids.join(' ')}`,
      );
    });
}

function named(run: string | undefined, jobs: readonly string[]): { run: string; jobs: readonly string[] } {
  if (run === undefined) throw new InputError('which run? loligo kill RUN [JOB...]');
  const [name = '', job, ...rest] = run.split('/').filter((part) => part !== '');
  if (rest.length > 0 || name === '') throw new InputError(`'${run}' is neither RUN nor RUN/JOB`);
  return { run: name, jobs: job === undefined ? jobs : [job, ...jobs] };
}

async function kill(
  lab: LabClient,
  { run, jobs }: { run: string; jobs: readonly string[] },
  options: KillOptions,
): Promise<number[]> {
  const body = { reason: options.reason ?? null };
  if (jobs.length === 0 && !options.preserveQueue) {
    return (await lab.post<{ job_ids: number[] }>(apiPath('runs', run, 'kill'), body)).job_ids;
  }
  const chosen = jobs.length > 0 ? jobs : await startedJobs(lab, run);
  const killed: number[] = [];
  for (const job of chosen) {
    killed.push(
      ...(await lab.post<{ job_ids: number[] }>(apiPath('runs', run, 'jobs', job, 'kill'), body)).job_ids,
    );
  }
  return killed;
}

async function startedJobs(lab: LabClient, run: string): Promise<number[]> {
  const path = `${apiPath('runs', run, 'jobs')}?status=waiting,running&limit=1000`;
  return (await lab.get<{ jobs: JobView[] }>(path)).jobs.map((job) => job.job_id);
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

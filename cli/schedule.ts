import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { readJobFiles } from '../adapters/yaml/job-files.ts';
import { wholeNumber } from './client/failure.ts';
import { findLab } from './client/lab-client.ts';
import type { Submitted } from './client/lab-client.ts';
import { printJson, printLines } from './client/print.ts';

interface ScheduleOptions {
  name?: string;
  description?: string;
  owner?: string;
  worker?: string;
  priority?: number;
  num: number;
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
    .argument('<file...>', 'job files, merged in order; - is standard input')
    .option('-n, --name <run>', 'run name')
    .option('-d, --description <text>', 'what the job is')
    .option('-o, --owner <owner>', 'another owner; operators only')
    .option('-w, --worker <type>', 'machine type (default: of the job, else the one the lab has)')
    .option('-p, --priority <n>', 'lower is sooner (default: of the job, else 1000)', wholeNumber(0))
    .option('-N, --num <n>', 'how many copies', wholeNumber(1), 1)
    .option('--dry-run', 'print the job instead', false)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'folder of the lab')
    .addHelpText(
      'after',
      helpText([
        ['loligo schedule job.yaml', 'one job, as it is'],
        ['loligo schedule base.yaml more.yaml -N 10 -p 50', 'ten copies, soon'],
        ['loligo schedule -n RUN --dry-run job.yaml', 'print what would be queued'],
      ]),
    )
    .action(schedule);
}

async function schedule(files: string[], options: ScheduleOptions): Promise<void> {
  const { config, warnings } = await readJobFiles(files, { stdin: process.stdin });
  for (const warning of warnings) console.error(warning);
  const yaml = pyYaml.print(new Map([...config].filter(([key]) => key !== 'targets')));
  if (options.dryRun) return await printLines(['---', yaml.trimEnd()]);
  const submitted = await findLab(options).post<Submitted>('/v1/jobs', {
    yaml,
    name: options.name ?? null,
    description: options.description ?? null,
    owner: options.owner ?? null,
    machine_type: options.worker ?? null,
    priority: options.priority ?? null,
    num: options.num,
  });
  if (options.json) return await printJson(submitted);
  await printLines(submitted.job_ids.map((id) => `Job scheduled with name ${submitted.run} and ID ${id}`));
}

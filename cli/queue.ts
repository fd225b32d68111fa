import { Command, InvalidArgumentError, Option } from 'commander';
import { InputError, wholeNumber } from './client/failure.ts';
import { findLab } from './client/lab-client.ts';
import { duration } from './lock/options.ts';
import { deleteJobs, moveJobs, pauseQueue } from './queue/acts.ts';
import { listJobs, listRuns, queueStatus } from './queue/list.ts';
import type { QueueOptions } from './queue/options.ts';
import { showWhy } from './queue/why.ts';

/** `loligo queue`: the queue as teuthology-queue shows it, and more: who waits for what, priorities, pauses with a reason. */
export function command(): Command {
  return new Command('queue')
    .summary('show the queue, change its order, stop it for a while')
    .description(
      'Lists the queued jobs in the order in which they are served: lower priorities first, then the older. Listing takes nothing from the queue. With one of --runs, --status, --why, --delete, --priority and --pause it does that instead. Pausing takes an operator, and so does whatever touches the jobs of others.',
    )
    .option('-m, --machine-type <type>', 'only the queue of this machine type (default: all as one)')
    .addOption(new Option('--machine_type <type>', 'as the original has it').hideHelp())
    .option('-d, --description', 'with the descriptions, one fragment a line', false)
    .option('-f, --full', 'with the whole configurations', false)
    .option('-r, --runs', 'only the names of runs, once each', false)
    .option('-s, --status', 'name, number of queued jobs and pause, as JSON', false)
    .option('-w, --why <run/id>', 'why a job waits, and the interval in which it is expected to start')
    .option('-D, --delete <pattern>', 'end the queued jobs of runs whose name contains this')
    .addOption(
      new Option(
        '-p, --pause <time>',
        'start no jobs for so long: seconds, or 30m, 8h, 3d; 0 ends a pause',
      ).argParser(pauseTime),
    )
    .option('-P, --priority <n>', 'give queued jobs this priority (with -R or -U)', wholeNumber(0, 1_000_000))
    .option('-R, --run <run>', 'the queued jobs of this run')
    .option('-U, --user <owner>', 'the queued jobs of this owner')
    .option('--reason <text>', 'for others to read, with --pause and --delete')
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      `
Examples:
  loligo queue -m smithi                          the queue of a machine type
  loligo queue --why RUN/17                       what job 17 waits for
  loligo queue --pause 30m --reason 'new images'  start nothing for half an hour
  loligo queue -P 50 -R RUN                       let a run go first

The interval of --why goes from the earliest to the latest start, by what jobs of the same description or suite took before and by the limits of
jobs. The settings reserve_machines, owner_quota, fair_share and patience_hours of the lab change who goes first: see docs/queue.md.

Exit status: 0 done, 1 refused, 2 no lab answers.`,
    )
    .action(async ({ machine_type: machineType, ...given }: QueueOptions & { machine_type?: string }) => {
      const options = machineType === undefined ? given : { ...given, machineType };
      const lab = findLab(options);
      mustBeOne(options);
      if (options.why !== undefined) return await showWhy(lab, options.why, options);
      if (options.delete !== undefined) return await deleteJobs(lab, options.delete, options);
      if (options.priority !== undefined) return await moveJobs(lab, options.priority, options);
      if (options.pause !== undefined) return await pauseQueue(lab, options.pause, options);
      if (options.status) return await queueStatus(lab, options);
      if (options.runs) return await listRuns(lab, options);
      return await listJobs(lab, options);
    });
}

function mustBeOne(options: QueueOptions): void {
  const asked = [
    options.why !== undefined && '--why',
    options.delete !== undefined && '--delete',
    options.priority !== undefined && '--priority',
    options.pause !== undefined && '--pause',
    options.status && '--status',
    options.runs && '--runs',
  ].filter((word) => word !== false);
  if (asked.length > 1) throw new InputError(`${asked.join(' and ')} do not go together`);
  if (options.priority === undefined && (options.run ?? options.user) !== undefined)
    throw new InputError('--run and --user say whose --priority changes');
}

function pauseTime(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  try {
    return duration(text);
  } catch {
    throw new InvalidArgumentError(
      `'${text}' is neither a number of seconds nor a time such as 30m, 8h or 3d.`,
    );
  }
}

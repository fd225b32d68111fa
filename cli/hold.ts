import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import type { HoldView } from '../api/hold-routes.ts';
import { plainLine } from './client/columns.ts';
import { InputError } from './client/failure.ts';
import { apiPath, findLab } from './client/lab-client.ts';
import type { LabClient } from './client/lab-client.ts';
import { printJson, printLines } from './client/print.ts';
import { allJobs } from './client/every-page.ts';
import { sshLine } from './client/ssh-line.ts';
import { siteSettings } from './environment.ts';
import { duration } from './lock/options.ts';

interface HoldOptions {
  readonly for?: number; // seconds
  readonly reason?: string;
  readonly release: boolean;
  readonly json: boolean;
  readonly folder?: string;
}

/** `loligo hold [RUN [JOB...]]`: keeps the nodes of jobs for people. */
export function command(): Command {
  return new Command('hold')
    .summary('keep the nodes of jobs to look around on them')
    .description(
      'Keeps the nodes of a job for the owner of its run, as the job leaves them. A job that is not over may run on: its nodes stay when it ends, however that is. For nodes that are held already it sets the time anew. Without names it lists what is held, with the ssh command of each node.\n' +
        'Jobs with `unlock_on_failure: false` are held by themselves when they fail. After their time nodes are cleaned and given to others.',
    )
    .argument('[run]', 'run name, for all its jobs that are not over or are held; or RUN/JOB')
    .argument('[job...]', 'job ids')
    .option('--for <time>', 'how long: 90s, 30m, 8h, 3d, 1w (default: hold_hours of the site, 8h)', duration)
    .option('--reason <text>', 'why, for others to read')
    .option('--release', 'give the nodes back now, or let the job end as usual', false)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText([
        ['loligo hold RUN/17 --for 8h', 'keep its nodes when it ends'],
        ['loligo hold', 'what is held, with ssh lines'],
        ['loligo hold RUN/17 --release', 'give them back'],
      ]),
    )
    .action(async (run: string | undefined, jobs: string[], options: HoldOptions) => {
      await hold({ run, jobs }, options);
    });
}

async function hold(
  named: { run: string | undefined; jobs: readonly string[] },
  options: HoldOptions,
): Promise<void> {
  const lab = findLab(options);
  if (named.run === undefined) {
    if (options.release || options.for !== undefined || options.reason !== undefined)
      throw new InputError('which job? loligo hold RUN/JOB');
    return await show(await holdsOf(lab), options);
  }
  const places = await jobsNamed(lab, named.run, named.jobs);
  if (options.release) {
    for (const { run, job } of places) {
      const path = apiPath('runs', run, 'jobs', job, 'hold', 'release');
      const { nodes } = await lab.post<{ nodes: string[] }>(path, {});
      console.error(
        nodes.length === 0 ? `${run}/${job} is not held any more` : `gave back ${nodes.join(' ')}`,
      );
    }
    return;
  }
  const seconds = options.for ?? (await siteSettings()).holdHours * 3600;
  const held: HoldView[] = [];
  for (const { run, job } of places) {
    const body = { seconds, reason: options.reason ?? null };
    held.push(await lab.put<HoldView>(apiPath('runs', run, 'jobs', job, 'hold'), body));
  }
  await show(held, options);
}

async function holdsOf(lab: LabClient): Promise<HoldView[]> {
  return (await lab.get<{ holds: HoldView[] }>('/v1/holds', { identified: true })).holds;
}

async function jobsNamed(
  lab: LabClient,
  given: string,
  jobs: readonly string[],
): Promise<readonly { run: string; job: string }[]> {
  const [run = '', job, ...rest] = given.split('/').filter((part) => part !== '');
  if (rest.length > 0 || run === '') throw new InputError(`'${given}' is neither RUN nor RUN/JOB`);
  const named = job === undefined ? jobs : [job, ...jobs];
  if (named.length > 0) return named.map((id) => ({ run, job: id }));
  const unfinished = await allJobs(lab, run, ['queued', 'waiting', 'running']);
  const held = (await holdsOf(lab)).filter((each) => each.run === run);
  const ids = new Set([...unfinished, ...held].map((each) => each.job_id));
  if (ids.size === 0) throw new InputError(`no job of run '${run}' is unfinished or held`);
  return [...ids].sort((a, b) => a - b).map((id) => ({ run, job: String(id) }));
}

async function show(holds: readonly HoldView[], { json }: HoldOptions): Promise<void> {
  if (json) return await printJson(holds);
  if (holds.length === 0) return await printLines(['no nodes are held']);
  await printLines(holds.flatMap(linesOf));
}

function linesOf(hold: HoldView): string[] {
  const words = [`${hold.run}/${hold.job_id}`, hold.owner, timeOf(hold)];
  if (hold.by !== null) words.push(`asked for by ${hold.by}`);
  if (hold.reason !== null) words.push(hold.reason);
  return [
    plainLine(words.join('  ')),
    ...hold.nodes.map((node) => `  ${plainLine(node.name)}: ${sshLine(node)}`),
  ];
}

function timeOf(hold: HoldView): string {
  if (hold.state === 'asked') return `for ${((hold.seconds ?? 0) / 3600).toFixed(1)} h from its end on`;
  return hold.until === null ? 'until released' : `until ${hold.until.slice(0, 16).replace('T', ' ')} UTC`;
}

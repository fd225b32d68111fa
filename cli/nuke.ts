import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { helpText } from './client/help-text.ts';
import { InputError } from './client/failure.ts';
import { apiPath, LabRefusedError } from './client/lab-client.ts';
import type { JobView, LabClient, NodeView } from './client/lab-client.ts';
import { printLines } from './client/print.ts';
import { archivedJob } from './lock/archived-job.ts';
import type { ArchivedJob } from './lock/archived-job.ts';
import { chosenNodes, forEachNode, openInventory } from './lock/lab.ts';
import type { InventoryOfLab } from './lock/lab.ts';
import { staleNodes } from './lock/stale.ts';
import { targetsYaml } from './lock/targets.ts';
import { makeNew, untilSettled } from './reimage.ts';

interface NukeOptions {
  readonly targets: readonly string[];
  readonly archive?: string;
  readonly stale: boolean;
  readonly dryRun: boolean;
  readonly owner?: string;
  readonly name?: string;
  readonly wait: boolean;
  readonly folder?: string;
}

/** `loligo nuke`: the original's word for getting machines back into a pristine state. */
export function command(): Command {
  const word = new Command('nuke')
    .summary('clean nodes, of a job or of jobs that are over')
    .description(
      'Gets nodes back as new: named ones, those in the `targets` of files, those of a job by its archive folder (which ends the job if it still runs), or all that are held for jobs that are over. Their provider cleans them, which unlocks them. Nodes of others take an operator.',
    )
    .argument('[node...]', 'names of nodes')
    .option('-t, --targets <file...>', 'take names from the `targets` of files', [])
    .option('-a, --archive <dir>', 'the nodes of the job whose archive folder this is')
    .option('--stale', 'the nodes that are held for jobs that are over', false)
    .option('--dry-run', 'print the nodes as `targets:` and do nothing', false)
    .option('--owner <owner>', 'only nodes that they have locked')
    .option('-n, --name <part>', 'only nodes whose description has this, such as the name of a run')
    .option('--wait', 'wait until the nodes are free or quarantined', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)');
  // A cleaning unlocks, and leaves nothing to reboot, to set or to keep: the original's words for that ask for nothing.
  for (const flags of [
    '-u, --unlock',
    '-r, --reboot-all',
    '-R, --no-reboot',
    '-s, --synch-clocks',
    '-i, --noipmi',
  ])
    word.addOption(new Option(flags, 'accepted').hideHelp());
  return word
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo nuke NODE --wait', 'clean one node'],
          ['loligo nuke -a ~/archive/RUN/17', 'the nodes of a job, which it ends'],
          ['loligo nuke --stale --dry-run', 'what is held for jobs that are over'],
        ],
        '0 done, 1 refused, or a node did not come back, 2 no lab answers',
      ),
    )
    .action(async (names: string[], options: NukeOptions) => {
      process.exitCode = (await nuke(names, options)) ? 0 : 1;
    });
}

async function nuke(names: readonly string[], options: NukeOptions): Promise<boolean> {
  const from = await openInventory(options);
  const job = options.archive === undefined ? null : await archivedJob(options.archive);
  const chosen = (await nodesMeant(from, { names, job, options })).filter(
    (node) =>
      (options.owner === undefined || node.locked_by === options.owner) &&
      (options.name === undefined || (node.description ?? '').includes(options.name)),
  );
  if (options.dryRun) {
    await printLines([targetsYaml(chosen)]);
    return true;
  }
  const ended = job === null ? false : await endJob(from.lab, job);
  const good = await forEachNode(chosen, {
    force: true,
    act: async (node) => {
      // The end of a job sends its nodes to be cleaned by itself.
      if (!(ended && node.job !== null)) await makeNew(from.lab, node.name);
    },
  });
  return options.wait
    ? (await untilSettled(from.lab, new Set(chosen.map(({ name }) => name)))) && good
    : good;
}

async function nodesMeant(
  from: InventoryOfLab,
  { names, job, options }: { names: readonly string[]; job: ArchivedJob | null; options: NukeOptions },
): Promise<NodeView[]> {
  const ways = [names.length + options.targets.length > 0, job !== null, options.stale].filter(Boolean);
  if (ways.length !== 1)
    throw new InputError('which nodes? name some, or give --targets FILE, --archive DIR or --stale');
  if (options.stale) {
    const stale = await staleNodes(from.lab, { owner: options.owner ?? null, machineTypes: null });
    return stale.map(({ node }) => node);
  }
  const targets = job === null ? options.targets : [job.targetsFile];
  return await chosenNodes(from, { names, targets });
}

const patienceMs = 180_000;

/** Ends the job, if the lab has it and it is not over, and waits for that. Returns whether there was anything to end. */
async function endJob(lab: LabClient, { run, jobId }: ArchivedJob): Promise<boolean> {
  if (run === null || jobId === null) return false;
  const path = apiPath('runs', run, 'jobs', jobId);
  try {
    const { job_ids: ids } = await lab.post<{ job_ids: number[] }>(`${path}/kill`, { reason: 'nuked' });
    if (ids.length === 0) return false;
  } catch (error) {
    if (error instanceof LabRefusedError && error.status === 404) return false;
    throw error;
  }
  const deadline = Date.now() + patienceMs;
  while ((await lab.get<JobView>(path)).finished_at === null) {
    if (Date.now() > deadline) throw new InputError(`job ${run}/${jobId} was asked to end and has not yet`);
    await sleep(300);
  }
  return true;
}

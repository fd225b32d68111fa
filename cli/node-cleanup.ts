import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { machineTypes } from '../core/locks/match.ts';
import { wholeNumber } from './client/failure.ts';
import { apiPath, findLab } from './client/lab-client.ts';
import { printLines } from './client/print.ts';
import { forEachNode } from './lock/lab.ts';
import { staleNodes } from './lock/stale.ts';

interface CleanupOptions {
  readonly dryRun: boolean;
  readonly owner?: string;
  readonly machineType?: string;
  readonly grace: number; // minutes
  readonly folder?: string;
}

/** `loligo node-cleanup`: gives back what is held for jobs that are over. */
export function command(): Command {
  return new Command('node-cleanup')
    .summary('give back nodes that are held for jobs that are over')
    .description(
      'Finds nodes that are still held for a job that has been over for a while, and gives them back to be cleaned. Nodes of jobs that died are taken back by the lab itself; what is left are those that were held to look around on. Nodes of others take an operator.',
    )
    .option('--dry-run', 'only print them: NODE<TAB>URL of the job', false)
    .option('--owner <owner>', 'only what they hold')
    .option('-m, --machine-type <types>', 'only these machine types, separated by commas')
    .option('--grace <minutes>', 'how long a job must be over', wholeNumber(0), 5)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText([
        ['loligo node-cleanup --dry-run', 'only print what would be given back'],
        ['loligo node-cleanup -m smithi --grace 60', 'what has been over for an hour'],
      ]),
    )
    .action(async (options: CleanupOptions) => {
      process.exitCode = (await cleanUp(options)) ? 0 : 1;
    });
}

async function cleanUp(options: CleanupOptions): Promise<boolean> {
  const lab = findLab(options);
  const stale = await staleNodes(lab, {
    owner: options.owner ?? null,
    machineTypes: options.machineType === undefined ? null : machineTypes(options.machineType),
    graceMs: options.grace * 60_000,
  });
  if (options.dryRun) {
    await printLines(stale.map(({ node, jobUrl }) => `${node.name}\t${jobUrl}`));
    return true;
  }
  return await forEachNode(stale, {
    force: true,
    act: async ({ node, owner, jobUrl }) => {
      await lab.post(apiPath('nodes', node.name, 'unlock'), { owner });
      console.error(`unlocked ${node.name}, held for ${jobUrl}`);
    },
  });
}

import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { helpText } from './client/help-text.ts';
import { machineTypes } from '../core/locks/match.ts';
import { InputError, wholeNumber } from './client/failure.ts';
import type { NodeView } from './client/lab-client.ts';
import { lockMany, lockNamed, unlockNamed, updateNamed } from './lock/acts.ts';
import { chosenNodes, openInventory, whoami } from './lock/lab.ts';
import type { InventoryOfLab } from './lock/lab.ts';
import { duration, lockAction } from './lock/options.ts';
import type { LockOptions } from './lock/options.ts';
import { briefLines, lockRecord, matches, parseQuery, summaryLines } from './lock/records.ts';
import type { LockFilter, LockRecord } from './lock/records.ts';
import { targetsYaml } from './lock/targets.ts';
import { printLines } from './client/print.ts';

/** `loligo lock`: what nodes there are and who has them; takes them and gives them back. */
export function command(): Command {
  return new Command('lock')
    .summary('list, lock, unlock and mark nodes')
    .description(
      'Lists the nodes of a lab, locks and unlocks them, and marks them up or down. Without names, --all or --owner a listing shows what you have locked.',
    )
    .argument('[node...]', 'names; a user before @ is ignored, and the domain of the site may be left out')
    .option('--list', 'print the nodes as JSON', false)
    .option('--brief', 'print one line a node', false)
    .option('--list-targets', 'print the nodes as `targets:` of a job', false)
    .option('--summary', 'count the nodes of each owner and machine type', false)
    .option('--lock', 'lock the named nodes, all or none', false)
    .option('--unlock', 'give the named nodes back; they are cleaned', false)
    .option('--lock-many <n>', 'lock this many nodes and print them as `targets:`', wholeNumber(1))
    .option('--update', 'set --desc or --status of the named nodes', false)
    .option('-a, --all', 'list not only mine', false)
    .option('--owner <owner>', 'list what they hold; lock and unlock in their name, for operators')
    .option(
      '-f, --force',
      'go on after a failure; with --unlock, operators also end the job on a node',
      false,
    )
    .option('--clean', 'with --unlock: the nodes are as they were and need no cleaning', false)
    .option('--desc <text>', 'what the nodes are used for')
    .option('--desc-pattern <text>', 'list only where this is part of the description')
    .option('-m, --machine-type <type>', 'one machine type, or several separated by commas')
    .addOption(new Option('--status <status>', 'filter, or what to set').choices(['up', 'down']))
    .addOption(new Option('--locked <bool>', 'filter').choices(['true', 'false']))
    .option('-t, --targets <file>', 'take names from the `targets` of a file, repeatable', collect, [])
    .option('--os-type <name>', 'filter, or what to lock')
    .option('--os-version <version>', 'filter, or what to lock')
    .option('--arch <arch>', 'filter, or what to lock')
    .option('--json-query <json>', 'list only where every key is equal; JSON or a file')
    .option('--for <time>', 'let the lock end by itself, after 90s, 30m, 8h, 3d, 1w', duration)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo lock --list --brief', 'what I have'],
          ['loligo lock --summary', 'who has how many of what'],
          ['loligo lock --lock-many 2 -m smithi --for 8h', 'two machines until the evening'],
          ['loligo lock --update --status down NODE', 'give it to no job'],
          ['loligo lock --unlock NODE', 'give it back'],
        ],
        '0 all went well, 1 it did not, 2 no lab answers',
      ),
    )
    .action(async (names: string[], options: LockOptions) => {
      process.exitCode = (await lock(names, options)) ? 0 : 1;
    });
}

async function lock(names: readonly string[], options: LockOptions): Promise<boolean> {
  const action = lockAction(options, names);
  const from = await openInventory(options);
  const chosen = await chosenNodes(from, { names, targets: options.targets });
  switch (action) {
    case 'list':
      return await list(from, { chosen, options });
    case 'summary':
      await printLines(
        summaryLines(await shown({ nodes: from.nodes, owner: options.owner ?? null, options })),
      );
      return true;
    case 'lock':
      return await lockNamed(from, { chosen, options });
    case 'lock-many':
      return await lockMany(from, options);
    case 'unlock':
      return await unlockNamed(from, { chosen, options });
    case 'update':
      return await updateNamed(from, { chosen, options });
  }
  return action satisfies never;
}

async function list(
  from: InventoryOfLab,
  { chosen, options }: { chosen: readonly NodeView[]; options: LockOptions },
): Promise<boolean> {
  if (from.nodes.length === 0) throw new InputError('the lab has no nodes');
  const mine = !options.all && options.owner === undefined && chosen.length === 0;
  const owner = options.owner ?? (mine ? (await whoami(from.lab)).name : null);
  const nodes = chosen.length > 0 ? chosen : from.nodes;
  const records = await shown({ nodes, owner, options });
  if (options.brief) await printLines(briefLines(records));
  else if (options.listTargets) {
    const names = new Set(records.map((record) => record.name));
    await printLines([targetsYaml(nodes.filter((node) => names.has(node.name)))]);
  } else await printLines([JSON.stringify(records, null, 4)]);
  return true;
}

async function shown(params: {
  nodes: readonly NodeView[];
  owner: string | null;
  options: LockOptions;
}): Promise<LockRecord[]> {
  const { options, owner } = params;
  const filter: LockFilter = {
    machineTypes: options.machineType === undefined ? null : machineTypes(options.machineType),
    owner,
    up: options.status === undefined ? null : options.status === 'up',
    locked: options.locked === undefined ? null : options.locked === 'true',
    description: null,
    descriptionPart: options.descPattern ?? null,
    query: options.jsonQuery === undefined ? null : parseQuery(await textOrFile(options.jsonQuery)),
    osType: options.osType ?? null,
    osVersion: options.osVersion ?? null,
    arch: options.arch ?? null,
  };
  return params.nodes.map(lockRecord).filter((record) => matches(record, filter));
}

async function textOrFile(given: string): Promise<string> {
  return given.trimStart().startsWith('{') ? given : await readFile(given, 'utf8').catch(() => given);
}

function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value];
}

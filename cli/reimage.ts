import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { systemsOf } from '../core/locks/match.ts';
import { helpText } from './client/help-text.ts';
import { plainLine } from './client/columns.ts';
import { InputError } from './client/failure.ts';
import { apiPath } from './client/lab-client.ts';
import type { LabClient, NodeView } from './client/lab-client.ts';
import { chosenNodes, inventory, openInventory } from './lock/lab.ts';

interface ReimageOptions {
  readonly targets: readonly string[];
  readonly osType?: string;
  readonly osVersion?: string;
  readonly owner?: string;
  readonly wait: boolean;
  readonly folder?: string;
}

/** `loligo reimage NODE...`: has nodes made as new by their provider. */
export function command(): Command {
  return new Command('reimage')
    .summary('have nodes made as new')
    .description(
      'Has the provider of nodes make them as new. Nodes that you have locked are unlocked by it; nodes that nobody has locked take an operator.',
    )
    .argument('[node...]', 'names of nodes')
    .option('-t, --targets <file...>', 'take names from the `targets` of files', [])
    .option('--os-type <name>', 'refuse nodes that get another system')
    .option('--os-version <version>', 'refuse nodes that get another version')
    .option('--owner <owner>', 'refuse nodes that are locked by somebody else')
    .option('--wait', 'wait until the nodes are free or quarantined', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo reimage NODE --wait', 'make a node as new, and wait for it'],
          ['loligo reimage -t targets.yaml', 'the nodes of a file'],
        ],
        '0 done, 1 refused, or a node did not come back, 2 no lab answers',
      ),
    )
    .action(async (names: string[], options: ReimageOptions) => {
      process.exitCode = (await reimage(names, options)) ? 0 : 1;
    });
}

async function reimage(names: readonly string[], options: ReimageOptions): Promise<boolean> {
  const from = await openInventory(options);
  const chosen = await chosenNodes(from, { names, targets: options.targets });
  if (chosen.length === 0) throw new InputError('which nodes? name some, or give --targets FILE');
  chosen.forEach((node) => refuseOtherSystem(node, options));
  const { owner } = options;
  const foreign = chosen.find((node) => owner !== undefined && node.locked_by !== owner);
  if (foreign !== undefined)
    throw new InputError(
      `node ${foreign.name} is locked by ${foreign.locked_by ?? 'nobody'}, not by ${owner}`,
    );
  for (const node of chosen) await makeNew(from.lab, node.name);
  return options.wait ? await untilSettled(from.lab, new Set(chosen.map((node) => node.name))) : true;
}

/** Asks for one node to be made new, and says what it is now. */
export async function makeNew(lab: LabClient, name: string): Promise<void> {
  const after = await lab.post<NodeView>(apiPath('nodes', name, 'reimage'), {});
  console.error(plainLine(`${name} is ${after.state} (${after.reason ?? 'asked for'})`));
}

/** Providers make a node what it was, the first of the systems that it can have: a wish for another one cannot be met. */
export function refuseOtherSystem(
  node: Pick<NodeView, 'name' | 'os_type' | 'os_version'>,
  wish: { osType?: string; osVersion?: string },
): void {
  const [made, ...forJobs] = systemsOf({ osType: node.os_type, osVersion: node.os_version });
  const fits = (system: { osType: string; osVersion: string } | undefined): boolean =>
    (wish.osType ?? system?.osType) === system?.osType &&
    (wish.osVersion ?? system?.osVersion) === system?.osVersion;
  if (fits(made)) return;
  const own = `${made?.osType || 'its own system'} ${made?.osVersion ?? ''}`.trimEnd();
  const wanted = `${wish.osType ?? made?.osType ?? ''} ${wish.osVersion ?? ''}`.trim();
  const later = forJobs.some(fits) ? '; a job that asks for it gets it there when it begins' : '';
  throw new InputError(`node ${node.name} is made new with ${own}, not ${wanted}${later}`);
}

const pollMs = 500;

/** Waits until the nodes are cleaned or quarantined; whether all of them came out usable. */
export async function untilSettled(lab: LabClient, names: ReadonlySet<string>): Promise<boolean> {
  for (;;) {
    const nodes = (await inventory(lab)).filter((node) => names.has(node.name));
    if (nodes.every((node) => node.state !== 'dirty' && node.state !== 'cleaning')) {
      for (const node of nodes)
        console.error(
          plainLine(`${node.name} is ${node.state}${node.reason === null ? '' : ` (${node.reason})`}`),
        );
      return nodes.every((node) => node.state !== 'quarantined');
    }
    await sleep(pollMs);
  }
}

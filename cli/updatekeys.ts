import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { SshProbeError, readHostKey } from '../providers/ssh-probe.ts';
import { InputError, wholeNumber } from './client/failure.ts';
import { apiPath } from './client/lab-client.ts';
import type { NodeView } from './client/lab-client.ts';
import { chosenNodes, forEachNode, openInventory } from './lock/lab.ts';
import { printLines } from './client/print.ts';

interface UpdateKeysOptions {
  readonly all: boolean;
  readonly targets: readonly string[];
  readonly tries: number;
  readonly folder?: string;
}

/** A node showed no host key. */
class NoHostKeyError extends Error {
  override readonly name = 'NoHostKeyError';
}

/** `loligo updatekeys`: asks nodes for their host keys, and stores those that have changed. */
export function command(): Command {
  return new Command('updatekeys')
    .summary('read the host keys of nodes again')
    .description(
      'Asks each node for its host key over the network, believing what answers, and stores it in the lab. For nodes that you have locked; for others it takes an operator.',
    )
    .argument('[node...]', 'names of nodes')
    .option('-t, --targets <file...>', 'take names from the `targets` of files', [])
    .option('-a, --all', 'all nodes of the lab', false)
    .option('--tries <n>', 'how often to ask a node, with longer pauses each time', wholeNumber(1), 5)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo updatekeys NODE', 'after a host got new keys'],
          ['loligo updatekeys --all', 'of every node'],
        ],
        '0 all answered, 1 refused, or a host did not answer, 2 no lab answers',
      ),
    )
    .action(async (names: string[], options: UpdateKeysOptions) => {
      process.exitCode = (await updateKeys(names, options)) ? 0 : 1;
    });
}

async function updateKeys(names: readonly string[], options: UpdateKeysOptions): Promise<boolean> {
  const from = await openInventory(options);
  const chosen = await chosenNodes(from, { names, targets: options.targets });
  if (options.all === chosen.length > 0)
    throw new InputError('name nodes, or give --targets FILE, or --all alone');
  return await forEachNode(options.all ? from.nodes : chosen, {
    force: true,
    act: async (node) => {
      const key = await shownKey(node, options.tries);
      if (key === node.host_key) return await printLines([`${node.name}: unchanged`]);
      await from.lab.put(apiPath('nodes', node.name, 'host-key'), { host_key: key });
      await printLines([`${node.name}: ${key} (was ${node.host_key ?? 'not known'})`]);
    },
  });
}

/**
 * The host key that a node shows, of the type that is known if it has one. Pauses of 1, 2, 3 ... seconds lie between the tries. Throws
 * NoHostKeyError.
 */
export async function shownKey(
  node: Pick<NodeView, 'name' | 'address' | 'port' | 'host_key'>,
  tries: number,
): Promise<string> {
  for (let tried = 1; ; tried += 1) {
    try {
      const known = node.host_key !== null && tried % 2 === 1 ? node.host_key : null;
      return await readHostKey({ address: node.address, port: node.port, expected: known, timeoutMs: 5000 });
    } catch (cause) {
      if (!(cause instanceof SshProbeError)) throw cause;
      if (tried >= tries)
        throw new NoHostKeyError(`${node.name}: no host key in ${tries} tries: ${cause.message}`, { cause });
    }
    await sleep(tried * 1000);
  }
}

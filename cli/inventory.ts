import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { z } from 'zod';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { canonicalTarget } from '../core/config/targets.ts';
import { toPlain } from '../core/config/yaml-value.ts';
import { machineArch } from '../providers/machine.ts';
import { InputError, wholeNumber } from './client/failure.ts';
import { apiPath, findLab } from './client/lab-client.ts';
import type { LabClient, NodeView } from './client/lab-client.ts';
import { siteSettings } from './environment.ts';
import { chosenNodes, forEachNode, inventory, openInventory } from './lock/lab.ts';
import { probeHost } from './lock/probe-host.ts';
import { lockRecord } from './lock/records.ts';
import { printJson, printLines } from './client/print.ts';
import { nodeLines } from './status.ts';
import { shownKey } from './updatekeys.ts';

interface FolderOption {
  readonly folder?: string;
}

/** `loligo inventory list|add|update|remove`: the machines of a lab that no provider makes. */
export function command(): Command {
  const word = new Command('inventory')
    .summary('list, enter and take out nodes')
    .description(
      'Shows the nodes of a lab, enters machines that no provider makes, and takes them out again. Until then they stay, over restarts of the lab too. `loligo inventory WORD --help` has the options of each.',
    );
  word
    .command('list')
    .description('show all nodes')
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .action(async (options: FolderOption & { json: boolean }) => {
      const nodes = await inventory(findLab(options));
      if (options.json) await printJson(nodes.map(lockRecord));
      else await printLines(nodeLines(nodes));
    });
  word
    .command('add')
    .description('enter the `nodes` of YAML files, or bring what is known of them up to date')
    .argument('<file...>', 'files as for `loligo up --targets static --machines`')
    .option('-m, --machine-type <type>', 'of nodes for which the files give none')
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .action(async (files: string[], options: FolderOption & { machineType?: string }) => {
      const lab = findLab(options);
      for (const file of files) await addFile(lab, file, options.machineType ?? null);
    });
  word
    .command('update')
    .description(
      'log in to hosts, and enter what they say of themselves: architecture, system, and the host key they show',
    )
    .argument('<host...>', 'names, with a user before @ where it is not the usual one')
    .option('-m, --machine-type <type>', 'of hosts that are not in the inventory yet')
    .option('--port <n>', 'of such hosts', wholeNumber(1, 65_535), 22)
    .option('--identity <file>', 'private key for such hosts, as the lab names it to whoever gets the node')
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .action(async (hosts: string[], options: UpdateOptions) => {
      process.exitCode = (await updateHosts(hosts, options)) ? 0 : 1;
    });
  word
    .command('remove')
    .description('take nodes out that nobody has locked')
    .argument('<node...>', 'names of nodes')
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .action(async (names: string[], options: FolderOption) => {
      const from = await openInventory(options);
      for (const { name } of await chosenNodes(from, { names, targets: [] })) {
        await from.lab.post(apiPath('nodes', name, 'remove'), {});
        console.error(`${name} has left the inventory`);
      }
    });
  return word.addHelpText(
    'after',
    helpText([
      ['loligo inventory list', ''],
      ['loligo inventory add machines.yaml -m smithi', 'enter machines'],
      ['loligo inventory update ubuntu@host07', 'log in, and see what it is'],
      ['loligo inventory remove NODE', 'take one out'],
    ]),
  );
}

interface UpdateOptions extends FolderOption {
  readonly machineType?: string;
  readonly port: number;
  readonly identity?: string;
}

/** Whether all of them could be asked and entered; what went wrong with one does not keep the others from it. */
async function updateHosts(hosts: readonly string[], options: UpdateOptions): Promise<boolean> {
  const from = await openInventory(options);
  const site = await siteSettings();
  return await forEachNode(hosts, {
    force: true,
    act: async (given) => {
      const target = canonicalTarget(given, from.naming);
      const name = target.slice(target.lastIndexOf('@') + 1);
      const known = from.nodes.find((node) => node.name === name);
      const node = {
        name,
        user: known?.user ?? target.slice(0, target.lastIndexOf('@')),
        address: known?.address ?? name,
        port: known?.port ?? options.port,
        identityFile:
          known?.identity_file ?? (options.identity === undefined ? null : resolve(options.identity)),
      };
      const hostKey = await shownKey({ ...node, host_key: known?.host_key ?? null }, keyTries);
      const { arch, osType, osVersion } = await probeHost({ ...node, hostKey }, site);
      const entered = await from.lab.put<NodeView>(apiPath('nodes', name), {
        machine_type: known?.machine_type ?? options.machineType ?? from.defaultMachineType ?? 'static',
        user: node.user,
        address: node.address,
        port: node.port,
        host_key: hostKey,
        identity_file: node.identityFile,
        arch,
        os_type: osType,
        os_version: osVersion,
      });
      console.error(
        `${name} is in the inventory: ${osType} ${osVersion} ${arch}, type ${entered.machine_type}, ${hostKey}`,
      );
    },
  });
}

const text = z.string().min(1);
const nodeSchema = z.strictObject({
  name: text,
  address: text.optional(),
  port: z.int().min(1).max(65_535).default(22),
  user: text.default('ubuntu'),
  hostKey: text.optional(),
  identityFile: text.optional(),
  machineType: text.optional(),
  arch: text.optional(),
  osType: z.coerce.string().default(''),
  osVersion: z.coerce.string().default(''),
});
const fileSchema = z.looseObject({
  machineType: text.optional(),
  nodes: z.array(nodeSchema).min(1, 'names no node'),
});
type ListedNode = z.output<typeof nodeSchema>;

const keyTries = 3;

async function addFile(lab: LabClient, file: string, machineType: string | null): Promise<void> {
  const read = fileSchema.safeParse(toPlain(pyYaml.parse(await readFile(file, 'utf8'), file)));
  if (!read.success) throw new InputError(`${file}: ${z.prettifyError(read.error)}`);
  for (const node of read.data.nodes) {
    const type = node.machineType ?? machineType ?? read.data.machineType ?? 'static';
    const entered = await addNode(lab, node, type);
    console.error(
      `${entered.name} is in the inventory: ${entered.user}@${entered.address}:${entered.port}, type ${entered.machine_type}`,
    );
  }
}

/** A node without a key in the file is asked for its own: from then on the lab trusts that one. */
async function addNode(lab: LabClient, node: ListedNode, machineType: string): Promise<NodeView> {
  const { name, port, address = name } = node;
  const hostKey = node.hostKey ?? (await shownKey({ name, address, port, host_key: null }, keyTries));
  if (node.hostKey === undefined) console.error(`${name}: pinned the host key it shows, ${hostKey}`);
  return await lab.put<NodeView>(apiPath('nodes', name), {
    machine_type: machineType,
    user: node.user,
    address,
    port,
    host_key: hostKey,
    identity_file: node.identityFile === undefined ? null : resolve(node.identityFile),
    arch: node.arch ?? machineArch(),
    os_type: node.osType,
    os_version: node.osVersion,
  });
}

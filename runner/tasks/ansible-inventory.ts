import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Target } from '../../core/config/targets.ts';
import type { ConfigMap } from './task-config.ts';

/** What an inventory is made of. */
export interface InventoryParams {
  readonly hosts: readonly string[];
  readonly group: string | null; // all hosts are in it; null = in none
  readonly targets: readonly Target[]; // how to reach the hosts; those that are not listed are at `host:22`
  readonly knownHosts: string; // a file for the pinned keys
  readonly ignoreHostKeys: boolean;
}

/** The inventory as YAML data, hosts in order of their names. Host keys stay pinned for Ansible's own connections. */
export function inventoryOf(params: InventoryParams): ConfigMap {
  const names = [...params.hosts].sort();
  const hosts = Object.fromEntries(names.map((name) => [name, hostVariables(name, params)]));
  return { all: params.group === null ? { hosts } : { children: { [params.group]: { hosts } } } };
}

function hostVariables(name: string, params: InventoryParams): Record<string, string | number> {
  const target = params.targets.find(({ hostname }) => hostname === name);
  const checking = params.ignoreHostKeys
    ? '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'
    : `-o StrictHostKeyChecking=yes -o UserKnownHostsFile=${params.knownHosts}`;
  const isChecked = params.ignoreHostKeys || (target?.hostKey ?? null) !== null;
  const options: Record<string, string> = isChecked ? { ansible_ssh_common_args: checking } : {};
  if (target === undefined) return options;
  return {
    ...(target.address === name ? {} : { ansible_host: target.address }),
    ...(target.port === 22 ? {} : { ansible_port: target.port }),
    ...(target.identityFile === null ? {} : { ansible_ssh_private_key_file: target.identityFile }),
    ...options,
  };
}

/** The pinned keys as ssh reads them. */
export function knownHostsOf(targets: readonly Target[]): string {
  return targets
    .filter(({ hostKey }) => hostKey !== null)
    .map(({ address, port, hostKey }) => `${port === 22 ? address : `[${address}]:${port}`} ${hostKey}\n`)
    .join('');
}

/** Writes an inventory folder: hosts, pinned keys, and the variables of groups. Returns the file to give to `-i`. */
export async function writeInventory(
  folder: string,
  params: Omit<InventoryParams, 'knownHosts'> & { groupVars: ConfigMap | null },
): Promise<string> {
  const inventory = join(folder, 'inventory');
  const knownHosts = join(folder, 'known_hosts');
  await mkdir(join(inventory, 'group_vars'), { recursive: true });
  await writeFile(knownHosts, knownHostsOf(params.targets));
  const file = join(inventory, 'hosts.yml');
  await writeFile(file, JSON.stringify(inventoryOf({ ...params, knownHosts }), null, 2)); // JSON is YAML
  for (const [group, vars] of Object.entries(params.groupVars ?? {})) {
    await writeFile(
      join(inventory, 'group_vars', `${group.replaceAll('/', '_')}.yml`),
      JSON.stringify(vars, null, 2),
    );
  }
  return file;
}

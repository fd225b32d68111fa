import { plainLine } from '../client/columns.ts';
import { InputError } from '../client/failure.ts';
import { apiPath } from '../client/lab-client.ts';
import type { LabClient, NodeView } from '../client/lab-client.ts';
import { forEachNode, typeToLock } from './lab.ts';
import type { InventoryOfLab } from './lab.ts';
import type { LockOptions } from './options.ts';
import { targetsYaml } from './targets.ts';
import { printLines } from '../client/print.ts';

/** A lock as the lab answers. */
export interface LockView {
  readonly lock_id: string;
  readonly owner: string;
  readonly nodes: readonly NodeView[];
}

interface Chosen {
  readonly chosen: readonly NodeView[];
  readonly options: LockOptions;
}

/** Asks for a lock under an id of our own, so that a repeated request gets the same nodes. */
export async function askForLock(lab: LabClient, lockId: string, request: object): Promise<LockView> {
  return await lab.put<LockView>(apiPath('locks', lockId), request);
}

/** `--lock NAMES`: all in one lock; with `-f` each in a lock of its own, as many as can be had. */
export async function lockNamed(from: InventoryOfLab, { chosen, options }: Chosen): Promise<boolean> {
  refuseOtherSystems(chosen, options);
  const groups = options.force ? chosen.map((node) => [node]) : [chosen];
  return await forEachNode(groups, {
    force: options.force,
    act: async (group) => {
      const request = { nodes: group.map((node) => node.name), ...terms(options) };
      const lock = await askForLock(from.lab, crypto.randomUUID(), request);
      console.error(`locked ${lock.nodes.map((node) => node.name).join(' ')} for ${lock.owner}`);
    },
  });
}

/** A named node is locked as it is: one that has another system than was asked for is refused. */
function refuseOtherSystems(nodes: readonly NodeView[], options: LockOptions): void {
  for (const node of nodes) {
    const wishes: [string | undefined, string][] = [
      [options.osType, node.os_type],
      [options.osVersion, node.os_version],
      [options.arch, node.arch],
    ];
    const other = wishes.find(([wanted, found]) => wanted !== undefined && wanted !== found);
    if (other !== undefined)
      throw new InputError(`node ${node.name} has ${other[1] || 'an unknown system'}, not ${other[0]}`);
  }
}

/** `--lock-many N`: the least recently used nodes that fit, all or none. */
export async function lockMany(from: InventoryOfLab, options: LockOptions): Promise<boolean> {
  const lock = await askForLock(from.lab, crypto.randomUUID(), {
    count: options.lockMany,
    machine_type: typeToLock(options.machineType ?? null, from),
    os_type: options.osType ?? null,
    os_version: options.osVersion ?? null,
    arch: options.arch ?? null,
    ...terms(options),
  });
  await printLines([targetsYaml(lock.nodes)]);
  return true;
}

function terms(options: LockOptions): object {
  return {
    owner: options.owner ?? null,
    description: options.desc ?? null,
    lease_seconds: options.for ?? null,
  };
}

/** `--unlock NAMES`. With `--desc` only where that is the description. */
export async function unlockNamed(from: InventoryOfLab, { chosen, options }: Chosen): Promise<boolean> {
  return await forEachNode(chosen, {
    force: options.force,
    act: async (node) => {
      if (options.desc !== undefined && options.desc !== node.description)
        throw new InputError(
          plainLine(`node ${node.name} is not unlocked: its description is "${node.description ?? ''}"`),
        );
      const { owner = null, force, clean } = options;
      const body = { owner, force, clean };
      const done = await from.lab.post<{ node: NodeView; killed: { run: string; job_id: number } | null }>(
        apiPath('nodes', node.name, 'unlock'),
        body,
      );
      const { killed } = done;
      console.error(
        killed === null
          ? `unlocked ${node.name}`
          : `job ${killed.run}/${killed.job_id} is asked to end; then ${node.name} is free`,
      );
    },
  });
}

/** `--update NAMES`: the description first; with `--status down` it is also the reason. */
export async function updateNamed(from: InventoryOfLab, { chosen, options }: Chosen): Promise<boolean> {
  const { desc, status } = options;
  return await forEachNode(chosen, {
    force: options.force,
    act: async (node) => {
      if (desc !== undefined)
        await from.lab.put(apiPath('nodes', node.name, 'description'), {
          description: desc === '' ? null : desc,
        });
      if (status === undefined) return;
      const body = { status, reason: desc || null };
      const after = await from.lab.post<NodeView>(apiPath('nodes', node.name, 'status'), body);
      const reason = after.reason === null ? '' : ` (${after.reason})`;
      console.error(plainLine(`${node.name} is ${after.state}${reason}`));
    },
  });
}

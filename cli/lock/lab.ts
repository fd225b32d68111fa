import type { NamingRules } from '../../core/config/targets.ts';
import { siteSettings } from '../environment.ts';
import { InputError } from '../client/failure.ts';
import { allNodes } from '../client/every-page.ts';
import { findLab } from '../client/lab-client.ts';
import type { LabClient, NodeView } from '../client/lab-client.ts';
import { namesInTargetFiles, nodesNamed } from './targets.ts';

/** A lab with its inventory, as the words about nodes use it. */
export interface InventoryOfLab {
  readonly lab: LabClient;
  readonly nodes: readonly NodeView[];
  readonly naming: NamingRules;
  readonly defaultMachineType: string | null;
}

/** Finds the lab and asks it for its nodes, with what it tells only those it knows. */
export async function openInventory(options: { folder?: string }): Promise<InventoryOfLab> {
  const lab = findLab(options);
  const site = await siteSettings();
  return {
    lab,
    nodes: await inventory(lab),
    naming: { labDomain: site.labDomain, defaultUser: site.testUser },
    defaultMachineType: site.defaultMachineType,
  };
}

/** The nodes of a lab as they are now. */
export async function inventory(lab: LabClient): Promise<NodeView[]> {
  return await allNodes(lab, { identified: true });
}

/** Who the lab takes us for. Throws LabRefusedError when it does not know us. */
export async function whoami(lab: LabClient): Promise<{ name: string; operator: boolean }> {
  return await lab.get('/v1/whoami', { identified: true });
}

/** The nodes named on the command line and in targets files. */
export async function chosenNodes(
  from: InventoryOfLab,
  { names, targets }: { names: readonly string[]; targets: readonly string[] },
): Promise<NodeView[]> {
  const all = [...names, ...(await namesInTargetFiles(targets))];
  return nodesNamed(all, { inventory: from.nodes, naming: from.naming });
}

/** The machine type to lock: the given one, the site's, or the only one that the lab has. Throws InputError when none is. */
export function typeToLock(
  given: string | null,
  from: Pick<InventoryOfLab, 'nodes' | 'defaultMachineType'>,
): string {
  const types = [...new Set(from.nodes.map((node) => node.machine_type))];
  const only = types.length === 1 ? (types[0] ?? null) : null;
  const type = given ?? from.defaultMachineType ?? only;
  if (type === null)
    throw new InputError(
      `which machines? give --machine-type, one of ${types.join(', ') || '(the lab has none)'}`,
    );
  return type;
}

/** Does something to each node in turn. With `force` a failure is printed and the others follow; returns whether all went well. */
export async function forEachNode<Item>(
  items: readonly Item[],
  { force, act }: { force: boolean; act: (item: Item) => Promise<void> },
): Promise<boolean> {
  let good = true;
  for (const item of items) {
    try {
      await act(item);
    } catch (error) {
      if (!force || !(error instanceof Error)) throw error;
      console.error(error.message);
      good = false;
    }
  }
  return good;
}

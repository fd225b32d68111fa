import type { NodeStore } from '../ports/node-store.ts';
import { SuiteOrderError } from './suite-order.ts';
import type { SuiteOrder } from './suite-order.ts';

interface MachineChoicePorts {
  readonly nodes: NodeStore;
  readonly defaultMachineType: string | null; // null = the one that the lab has
}

/** The machine type of an order: its own, the lab's default, or the only one there is. Throws SuiteOrderError. */
export async function machineTypeOf(ports: MachineChoicePorts, order: SuiteOrder): Promise<string> {
  const asked = order.machineType ?? ports.defaultMachineType;
  if (asked === null) return await onlyMachineType(ports.nodes);
  if (asked.includes('multi'))
    throw new SuiteOrderError(`'${asked}' is no machine type: name the types, separated by commas`);
  return asked;
}

/** The machine type for an order that names none. Throws SuiteOrderError unless the lab has exactly one. */
export async function onlyMachineType(nodes: NodeStore): Promise<string> {
  const types = [...new Set((await nodes.list()).map((node) => node.machineType))];
  const [only] = types;
  if (only !== undefined && types.length === 1) return only;
  const has = types.length === 0 ? 'the lab has no nodes' : `the lab has ${types.join(', ')}`;
  throw new SuiteOrderError(`which machine type? ${has}, and the request names none`);
}

/** The architecture that jobs are made for: the order's, else that of the first machine of the type; null when there is none. */
export async function archOf(
  ports: MachineChoicePorts,
  order: SuiteOrder,
  machineType: string,
): Promise<string | null> {
  if (order.arch !== null) return order.arch;
  const types = machineType.split(',');
  return (await ports.nodes.list()).find((node) => types.includes(node.machineType))?.arch ?? null;
}

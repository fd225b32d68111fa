import { NodeNotFoundError, NodeStateError } from '../locks/errors.ts';
import type { Node, NodeSpec } from '../locks/node.ts';
import { recordAct } from './actor.ts';
import type { Actor } from './actor.ts';
import { NotAllowedError } from './kill.ts';
import type { LabPorts } from './lab-ports.ts';
import { heldBy } from './release-nodes.ts';

/** The provider of nodes that people entered by hand: they stay in the inventory until somebody takes them out. */
export const enrolled = 'enrolled';

type Ports = Pick<LabPorts, 'audit' | 'clock' | 'nodes' | 'wakeups'>;

/**
 * Enters a node, or brings the entry of one that was entered before up to date; state and lock of a known node stay. Operators
 * only. Throws NotAllowedError, and NodeStateError for a node that a provider brought.
 */
export async function enrollNode(
  ports: Ports,
  order: { actor: Actor; spec: Omit<NodeSpec, 'provider'> },
): Promise<Node> {
  const { actor, spec } = order;
  if (!actor.operator) throw new NotAllowedError(actor.name, `enter node ${spec.name} into the inventory`);
  if ((await ports.nodes.enroll({ ...spec, provider: enrolled }, ports.clock.now())) === 'stale')
    throw new NodeStateError(await whoseNode(ports, spec.name));
  const detail = `${spec.user}@${spec.address}:${spec.port}, type ${spec.machineType}`;
  await recordAct(ports, { actor, action: 'enroll', subject: spec.name, detail });
  await ports.wakeups.poke(spec.machineType);
  const node = await ports.nodes.get(spec.name);
  if (node === null) throw new NodeNotFoundError(spec.name);
  return node;
}

async function whoseNode(ports: Ports, name: string): Promise<string> {
  const provider = (await ports.nodes.get(name))?.provider ?? 'of its own';
  return `node ${name} comes from provider ${provider}, which says what it is: it cannot be entered by hand`;
}

/** Takes a node out of the inventory that nobody holds. Operators only. Throws NodeNotFoundError, NodeStateError and NotAllowedError. */
export async function removeNode(ports: Ports, order: { actor: Actor; node: string }): Promise<void> {
  const { actor, node: name } = order;
  if (!actor.operator) throw new NotAllowedError(actor.name, `take node ${name} out of the inventory`);
  const node = await ports.nodes.get(name);
  if (node === null) throw new NodeNotFoundError(name);
  if ((await ports.nodes.remove(name)) === 'stale') {
    const held = node.lock === null ? 'somebody locked it at this moment' : heldBy(node, node.lock);
    throw new NodeStateError(`node ${name} stays in the inventory: ${held}`);
  }
  await recordAct(ports, { actor, action: 'remove', subject: name, detail: `was ${node.state}` });
}

/**
 * Stores the host key that a node shows; whoever is given the node from now on trusts that key. Operators may, and whoever holds
 * the node. Throws NodeNotFoundError, NotAllowedError, and NodeStateError while a provider is making the node new.
 */
export async function setHostKey(
  ports: Ports,
  order: { actor: Actor; node: string; hostKey: string },
): Promise<Node> {
  const { actor, node: name, hostKey } = order;
  const ifHeldBy = actor.operator ? {} : { ifHeldBy: actor.name };
  const now = ports.clock.now();
  const stored = await ports.nodes.setHostKey({ name, hostKey, ...ifHeldBy, by: actor.name, now });
  if (stored === null) throw await whyNoHostKey(ports, order);
  const { node, was } = stored;
  if (was === hostKey) return node;
  const detail = `${was ?? 'no key'} became ${hostKey}`;
  await recordAct(ports, { actor, action: 'host key', subject: name, detail });
  return node;
}

async function whyNoHostKey(ports: Ports, order: { actor: Actor; node: string }): Promise<Error> {
  const { actor, node: name } = order;
  const node = await ports.nodes.get(name);
  if (node === null) return new NodeNotFoundError(name);
  if (!actor.operator && node.lock?.owner !== actor.name)
    return new NotAllowedError(actor.name, `change the host key of node ${name}, which they have not locked`);
  return new NodeStateError(`node ${name} is being cleaned: its provider will say which key it has`);
}

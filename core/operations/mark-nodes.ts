import { NodeNotFoundError, NodeStateError } from '../locks/errors.ts';
import type { Node } from '../locks/node.ts';
import type { Transition } from '../ports/job-store.ts';
import type { Provider } from '../ports/provider.ts';
import { recordAct } from './actor.ts';
import type { Actor } from './actor.ts';
import { NotAllowedError } from './kill.ts';
import type { LabPorts } from './lab-ports.ts';
import { heldBy } from './release-nodes.ts';

type Ports = Pick<LabPorts, 'audit' | 'clock' | 'evidence' | 'nodes' | 'wakeups'> & {
  readonly providers: ReadonlyMap<string, Pick<Provider, 'capabilities'>>;
};

interface Order {
  readonly node: string;
  readonly actor: Actor;
}

/**
 * Keeps a node out of use, with the reason and by whom. Everybody known to the lab may; a node that somebody has locked only they
 * may, and their lock on it ends. A second call changes the reason. Throws NodeNotFoundError, NodeStateError and NotAllowedError.
 */
export async function markDown(ports: Ports, order: Order & { reason: string }): Promise<Node> {
  const node = await existing(ports, order.node);
  if (node.lock !== null) await giveUpLock(ports, { node, actor: order.actor, act: 'mark down' });
  await mark(ports, { ...order, state: 'quarantined' });
  return await existing(ports, order.node);
}

/**
 * Brings a quarantined node back: through its provider's cleaning, or at once when the provider has none; the latter is an
 * operator's word for the node. What jobs have said against it is forgotten. A node that is not quarantined is left alone.
 */
export async function markUp(ports: Ports, order: Order & { reason: string }): Promise<Node> {
  const node = await existing(ports, order.node);
  if (node.state !== 'quarantined') return node;
  await ports.evidence.clear(node.name);
  if (cleans(ports, node)) {
    await mark(ports, { ...order, state: 'dirty' });
  } else {
    mustBeOperator(order.actor, `vouch for node ${node.name}, which provider ${node.provider} cannot clean`);
    await mark(ports, { ...order, state: 'free' });
    await ports.wakeups.poke(node.machineType);
  }
  return await existing(ports, order.node);
}

/**
 * Has a node made as new by its provider. Whoever holds it may, and their lock ends; for a node that nobody holds it takes an
 * operator. A second call while it is being cleaned changes nothing.
 */
export async function reimage(ports: Ports, order: Order): Promise<Node> {
  const node = await existing(ports, order.node);
  if (node.state === 'dirty' || node.state === 'cleaning') return node;
  if (!cleans(ports, node))
    throw new NodeStateError(`node ${node.name} cannot be reimaged: provider ${node.provider} has no way to`);
  if (node.lock !== null) await giveUpLock(ports, { node, actor: order.actor, act: 'reimage' });
  else mustBeOperator(order.actor, `reimage node ${node.name}, which they have not locked`);
  await mark(ports, { ...order, state: 'dirty', reason: `reimage asked for by ${order.actor.name}` });
  return await existing(ports, order.node);
}

/** Sets the description of a node; of a locked one only its holder may, or an operator. */
export async function describeNode(
  ports: Ports,
  order: Order & { description: string | null },
): Promise<Node> {
  const node = await existing(ports, order.node);
  if (node.lock !== null && node.lock.owner !== order.actor.name) {
    mustBeOperator(order.actor, `describe node ${node.name}: ${heldBy(node, node.lock)}`);
  }
  const { description, actor } = order;
  const now = ports.clock.now();
  checkDone(await ports.nodes.describe({ name: node.name, description, by: actor.name, now }), node.name);
  await recordAct(ports, { actor, action: 'describe', subject: node.name, detail: description ?? '' });
  return await existing(ports, order.node);
}

async function existing(ports: Pick<Ports, 'nodes'>, name: string): Promise<Node> {
  const node = await ports.nodes.get(name);
  if (node === null) throw new NodeNotFoundError(name);
  return node;
}

function cleans(ports: Ports, node: Node): boolean {
  return ports.providers.get(node.provider)?.capabilities.clean ?? false;
}

function mustBeOperator(actor: Actor, act: string): void {
  if (!actor.operator) throw new NotAllowedError(actor.name, act);
}

async function giveUpLock(
  ports: Ports,
  { node, actor, act }: { node: Node; actor: Actor; act: string },
): Promise<void> {
  const { lock } = node;
  if (lock === null) return;
  if (lock.job !== null) {
    const { run, jobId } = lock.job;
    throw new NodeStateError(
      `node ${node.name} is held by job ${run}/${jobId} of ${lock.owner}: it can be used by nobody else before the job ends`,
    );
  }
  if (lock.owner !== actor.name) mustBeOperator(actor, `${act} node ${node.name}: ${heldBy(node, lock)}`);
  const now = ports.clock.now();
  checkDone(await ports.nodes.release(lock.id, { clean: false, now, nodes: [node.name] }), node.name);
}

async function mark(
  ports: Ports,
  order: Order & { state: 'quarantined' | 'dirty' | 'free'; reason: string },
): Promise<void> {
  const { state, reason, actor } = order;
  const now = ports.clock.now();
  checkDone(await ports.nodes.mark({ name: order.node, state, reason, by: actor.name, now }), order.node);
  await recordAct(ports, { actor, action: state, subject: order.node, detail: reason });
}

function checkDone(done: Transition, node: string): void {
  if (done === 'stale') throw new NodeStateError(`node ${node} has changed hands at this moment`);
}

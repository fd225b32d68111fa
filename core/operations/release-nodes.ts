import { NodeNotFoundError, NodeStateError } from '../locks/errors.ts';
import type { JobRef, Lock, Node } from '../locks/node.ts';
import { actingOwner, recordAct } from './actor.ts';
import type { Actor } from './actor.ts';
import { NotAllowedError } from './kill.ts';
import type { KillOrder } from './kill.ts';
import type { LabPorts } from './lab-ports.ts';

export interface UnlockOrder {
  readonly node: string;
  readonly actor: Actor;
  readonly owner: string | null; // whose lock it must be; null = the actor's own
  readonly force: boolean; // also end the job that holds the node; operators only
  readonly clean: boolean; // the node is as it was: it needs no cleaning
}

export type Unlocked =
  | { readonly kind: 'released'; readonly node: string }
  | { readonly kind: 'killed'; readonly node: string; readonly job: JobRef };

type Ports = Pick<LabPorts, 'audit' | 'clock' | 'nodes' | 'wakeups'>;

/**
 * Gives one node back, whatever else its lock holds; it is cleaned before anybody gets it, unless it is `clean`. The node of a job
 * comes back only through the end of the job. Throws NodeNotFoundError, NodeStateError and NotAllowedError.
 */
export async function unlockNode(
  ports: Ports & { readonly kill: (order: KillOrder) => Promise<number[]> },
  order: UnlockOrder,
): Promise<Unlocked> {
  const node = await ports.nodes.get(order.node);
  if (node === null) throw new NodeNotFoundError(order.node);
  if (node.lock === null) throw new NodeStateError(`node ${node.name} is not locked: it is ${node.state}`);
  if (node.lock.job !== null) return await endJob(ports, { order, job: node.lock.job, lock: node.lock });

  const owner = actingOwner(order.actor, order.owner, `unlock node ${node.name}`);
  if (node.lock.owner !== owner) {
    throw new NotAllowedError(
      owner,
      `unlock node ${node.name}: ${heldBy(node, node.lock)}; only they may, or an operator in their name`,
    );
  }
  const { clean } = order;
  const now = ports.clock.now();
  const done = await ports.nodes.release(node.lock.id, { clean, now, nodes: [node.name] });
  if (done === 'stale') throw new NodeStateError(`node ${node.name} has changed hands at this moment`);
  await recordAct(ports, { ...order, action: 'unlock', subject: node.name, detail: `of ${owner}` });
  if (clean) await ports.wakeups.poke(node.machineType);
  return { kind: 'released', node: node.name };
}

async function endJob(
  ports: { readonly kill: (order: KillOrder) => Promise<number[]> },
  { order, job, lock }: { order: UnlockOrder; job: JobRef; lock: Lock },
): Promise<Unlocked> {
  const held = `node ${order.node} is held by job ${job.run}/${job.jobId} of ${lock.owner}`;
  if (!order.force)
    throw new NodeStateError(`${held}: end the job with "loligo kill ${job.run}/${job.jobId}"`);
  if (!order.actor.operator)
    throw new NotAllowedError(order.actor.name, `unlock node ${order.node} by force: ${held}`);
  const reason = `${order.actor.name} unlocked its node ${order.node} by force`;
  await ports.kill({ ...job, actor: order.actor.name, operator: true, reason });
  return { kind: 'killed', node: order.node, job };
}

/** `it is locked by bob@lab (testing)`. */
export function heldBy(node: Node, lock: Lock): string {
  return `it is locked by ${lock.owner}${node.description === null ? '' : ` (${node.description})`}`;
}

/** Gives back every node of a person's lock. Throws NodeStateError when the lock is over, and NotAllowedError. */
export async function releaseLock(
  ports: Ports,
  order: { lockId: string; actor: Actor; clean: boolean },
): Promise<readonly Node[]> {
  const nodes = await nodesOfLock(ports, order);
  const { clean } = order;
  const done = await ports.nodes.release(order.lockId, { clean, now: ports.clock.now() });
  if (done === 'stale') throw lockIsOver(order.lockId);
  const subject = nodes.map((node) => node.name).join(' ');
  await recordAct(ports, { ...order, action: 'release', subject, detail: ofLock(order.lockId, nodes) });
  if (clean)
    for (const type of new Set(nodes.map((node) => node.machineType))) await ports.wakeups.poke(type);
  return nodes;
}

/**
 * Sets how long a person's lock lasts; null = until released. A second call sets it again. Holders renew several times a minute, so
 * only what is done to somebody else's lock leaves an audit record. Throws NodeStateError when the lock is
 * over, and NotAllowedError.
 */
export async function renewLock(
  ports: Ports,
  order: { lockId: string; actor: Actor; leaseUntil: number | null },
): Promise<void> {
  const nodes = await nodesOfLock(ports, order);
  const { leaseUntil } = order;
  const done = await ports.nodes.renew(order.lockId, { leaseUntil, now: ports.clock.now() });
  if (done === 'stale') throw lockIsOver(order.lockId);
  if (nodes[0]?.lock?.owner === order.actor.name) return;
  const subject = nodes.map((node) => node.name).join(' ');
  await recordAct(ports, { ...order, action: 'lease', subject, detail: ofLock(order.lockId, nodes) });
}

async function nodesOfLock(ports: Ports, order: { lockId: string; actor: Actor }): Promise<Node[]> {
  const nodes = (await ports.nodes.list({ state: 'locked' })).filter(
    (node) => node.lock?.id === order.lockId,
  );
  const lock = nodes[0]?.lock;
  if (!lock || lock.job !== null) throw lockIsOver(order.lockId);
  if (lock.owner !== order.actor.name && !order.actor.operator)
    throw new NotAllowedError(order.actor.name, `change lock '${order.lockId}', which is ${lock.owner}'s`);
  return nodes;
}

function ofLock(lockId: string, nodes: readonly Node[]): string {
  return `lock ${lockId} of ${nodes[0]?.lock?.owner ?? 'nobody'}`;
}

function lockIsOver(lockId: string): NodeStateError {
  return new NodeStateError(`lock '${lockId}' is over: its nodes were given back, or its time was up`);
}

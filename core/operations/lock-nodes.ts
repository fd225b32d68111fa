import { NodeStateError, NodesLackingError, NodesTakenError, NodeNotFoundError } from '../locks/errors.ts';
import { canEverServe, inventoryOf } from '../locks/inventory.ts';
import { machineTypes, mismatches, wishText } from '../locks/match.ts';
import type { NodeWish, RoleWish } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import { actingOwner, recordAct } from './actor.ts';
import type { Actor } from './actor.ts';
import { NotAllowedError } from './kill.ts';
import type { LabPorts } from './lab-ports.ts';

export interface LockOrder {
  readonly lockId: string; // drawn by who asks, so that a repeated order is known as such
  readonly wanted: NamedNodes | SomeNodes;
  readonly actor: Actor;
  readonly owner: string | null; // null = the actor
  readonly description: string | null;
  readonly leaseUntil: number | null; // null = until released
}

export interface NamedNodes {
  readonly kind: 'named';
  readonly names: readonly string[];
}

export interface SomeNodes {
  readonly kind: 'some';
  readonly count: number;
  readonly wish: NodeWish;
  /** What each of them must be, in the order in which they are given; null = all as `wish`. As many as `count`. */
  readonly roleWishes: readonly RoleWish[] | null;
}

type Ports = Pick<LabPorts, 'audit' | 'clock' | 'nodes'>;

/** How often nodes may be snatched away between being chosen and being locked. */
const mostTries = 10;

/**
 * Locks nodes for a person, all or none; of those that fit, the ones that were not used for longest. The same order again, under
 * its lock id, gets the same nodes. It leaves an audit record. Throws NodesTakenError where waiting may
 * help, NodesLackingError where it cannot, NodeNotFoundError, NodeStateError and NotAllowedError.
 */
export async function lockNodes(ports: Ports, order: LockOrder): Promise<readonly Node[]> {
  const owner = actingOwner(order.actor, order.owner, 'lock nodes');
  for (let tries = 1; ; tries += 1) {
    const inventory = await ports.nodes.list();
    const nodes = heldAlready(inventory, order, owner) ?? choose(inventory, order.wanted);
    const { lockId, description, leaseUntil } = order;
    const now = ports.clock.now();
    const result = await ports.nodes.lockMany({ lockId, nodes, owner, description, leaseUntil, now });
    if (result.kind === 'locked') {
      await recordLock(ports, order, owner, nodes);
      return result.nodes;
    }
    if (order.wanted.kind === 'named') throw new NodesTakenError(result.reason);
    // Somebody else was faster; the next look finds other nodes or says why there are none.
    if (tries === mostTries) throw new NodesTakenError(`${result.reason}; tried ${tries} times`);
  }
}

/** What an earlier copy of the order got; null when it got nothing. */
function heldAlready(inventory: readonly Node[], order: LockOrder, owner: string): readonly string[] | null {
  const held = inventory.filter((node) => node.lock?.id === order.lockId);
  const [first] = held;
  if (first === undefined) return null;
  if (first.lock?.owner !== owner)
    throw new NotAllowedError(order.actor.name, `use lock '${order.lockId}', which is somebody else's`);
  if (order.wanted.kind === 'named') return order.wanted.names;
  if (held.length === order.wanted.count) return chosen(held, order.wanted) ?? held.map((node) => node.name);
  throw new NodeStateError(
    `lock '${order.lockId}' holds ${held.length} nodes, not the ${order.wanted.count} asked for`,
  );
}

function choose(inventory: readonly Node[], wanted: LockOrder['wanted']): readonly string[] {
  if (wanted.kind === 'some') return leastRecentlyUsed(inventory, wanted);
  const known = new Set(inventory.map((node) => node.name));
  const unknown = wanted.names.find((name) => !known.has(name));
  if (unknown !== undefined) throw new NodeNotFoundError(unknown);
  return wanted.names;
}

function leastRecentlyUsed(inventory: readonly Node[], wanted: SomeNodes): readonly string[] {
  const { count, wish, roleWishes } = wanted;
  const whole = inventoryOf(inventory.filter((node) => node.state !== 'quarantined'));
  if (!canEverServe(whole, { ...wish, nodeCount: count, roleWishes }))
    throw new NodesLackingError(`${shortage(inventory, wanted)}; waiting does not help`);
  const names = chosen(
    inventory.filter((node) => node.state === 'free'),
    wanted,
  );
  if (names === null) throw new NodesTakenError(shortage(inventory, wanted));
  return names;
}

/** The nodes that serve an order, in its order; of those that fit the ones that were not used for longest. Null = there are too few. */
function chosen(nodes: readonly Node[], { count, wish, roleWishes }: SomeNodes): readonly string[] | null {
  const wishes = roleWishes ?? Array.from({ length: count }, () => wish);
  const byLastUse = nodes.toSorted((a, b) => a.lastUsedAt - b.lastUsedAt);
  return (
    inventoryOf(byLastUse)
      .choose(wishes)
      ?.map((node) => node.name) ?? null
  );
}

const mostReasons = 12;

/** Why there are not enough: every node of the type with what stands against it. */
function shortage(inventory: readonly Node[], wanted: SomeNodes): string {
  const { count, wish, roleWishes } = wanted;
  if (roleWishes !== null) return shortageOfRoles(inventory, roleWishes);
  return shortageOf(inventory, { wish, asked: `asked for ${count} of ${wishText(wish)}` });
}

/** Of several wishes, the first that cannot be met even alone; else that they cannot be met together. */
function shortageOfRoles(inventory: readonly Node[], roleWishes: readonly RoleWish[]): string {
  const alike = Map.groupBy(roleWishes, wishText);
  for (const wishes of alike.values()) {
    const [wish] = wishes;
    const fits = (node: Node) => wish !== undefined && mismatches(node, wish).length === 0;
    const free = inventory.filter((node) => node.state === 'free' && fits(node)).length;
    if (wish === undefined || free >= wishes.length) continue;
    const roles = [...new Set(wishes.map(({ role }) => role))].join(', ');
    const asked = `asked for ${wishes.length} of ${wishText(wish)} for ${roles}`;
    return shortageOf(inventory, { wish, asked });
  }
  const all = [...alike].map(([text, wishes]) => `${wishes.length} of ${text}`).join(' and ');
  return `asked for ${all}: there are enough for each, but not for all of them together`;
}

function shortageOf(inventory: readonly Node[], { wish, asked }: { wish: NodeWish; asked: string }): string {
  const types = machineTypes(wish.machineType);
  const ofType = inventory.filter((node) => types.includes(node.machineType));
  if (ofType.length === 0) {
    const known = [...new Set(inventory.map((node) => node.machineType))];
    return `${asked}, but the lab has no such nodes (its types: ${known.join(', ') || 'none'})`;
  }
  const obstacles = ofType.flatMap((node) => obstacle(node, wish) ?? []);
  const free = ofType.length - obstacles.length;
  const more = obstacles.length > mostReasons ? `, and ${obstacles.length - mostReasons} more` : '';
  const list = obstacles.slice(0, mostReasons).join(', ') + more;
  const found = `${asked}, ${free} ${free === 1 ? 'is' : 'are'} free`;
  return list === '' ? `${found} and there are no others` : `${found}: ${list}`;
}

function obstacle(node: Node, wish: NodeWish): string | null {
  const [mismatch] = mismatches(node, wish);
  if (mismatch !== undefined) return `${node.name} ${mismatch}`;
  if (node.state === 'free') return null;
  if (node.lock === null)
    return `${node.name} is ${node.state}${node.reason === null ? '' : ` (${node.reason})`}`;
  const why = node.lock.job === null ? node.description : `job ${node.lock.job.run}/${node.lock.job.jobId}`;
  return `${node.name} is locked by ${node.lock.owner}${why === null ? '' : ` (${why})`}`;
}

async function recordLock(
  ports: Ports,
  order: LockOrder,
  owner: string,
  nodes: readonly string[],
): Promise<void> {
  const detail = `for ${owner}${order.description === null ? '' : `: ${order.description}`}`;
  await recordAct(ports, { actor: order.actor, action: 'lock', subject: nodes.join(' '), detail });
}

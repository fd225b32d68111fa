import { machineTypes, mismatches, wishText } from '../locks/match.ts';
import type { JobWish, NodeWish } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import { nodesOfKinds } from './node-kinds.ts';
import type { NodeKinds } from './node-kinds.ts';
import type { Outlook } from './outlook.ts';
import type { Pool } from './pools.ts';
import type { QueueRules } from './queue-rules.ts';
import { wishMap } from '../locks/wish-map.ts';

/** The sentences that tell people why a job has not started; each names what is in the way. */

/** More nodes are wished for than exist; says what is wrong with those that come closest. */
export function whyImpossible(job: JobWish, kinds: readonly AlikeNodes[], rules: People): string {
  const near = kinds
    .map(({ nodes }) => ({ nodes, reasons: nodes[0] === undefined ? [] : nearest(nodes[0], job) }))
    .sort((a, b) => a.reasons.length - b.reasons.length);
  const fitting = near.filter(({ reasons }) => reasons.length === 0).flatMap(({ nodes }) => nodes);
  const broken = fitting.filter((node) => node.state === 'quarantined');
  const others = near.filter(({ reasons }) => reasons.length > 0);
  const obstacles = broken.slice(0, mostObstacles).map(quarantineText);
  for (const { nodes, reasons } of others) {
    if (obstacles.length >= mostObstacles) break;
    const shown = nodes.slice(0, mostObstacles - obstacles.length);
    obstacles.push(...shown.map((node) => `${node.name} ${reasons.join(' and ')}`));
  }
  const all = others.reduce((sum, { nodes }) => sum + nodes.length, broken.length);
  const usable = fitting.length - broken.length;
  const start = `can never start: it needs ${wish(job)}, the lab has ${usable}${leftForPeople(rules)}`;
  return sentence(start, obstacles, all - obstacles.length);
}

/** What keeps a node from serving a job; of several wishes, from the one that it comes closest to. */
function nearest(node: Node, { roleWishes, ...wish }: JobWish): string[] {
  const all = (roleWishes ?? [wish]).map((one) => mismatches(node, one));
  return all.reduce((best, other) => (other.length < best.length ? other : best), all[0] ?? []);
}

/** Nodes that no wish can tell apart. */
interface AlikeNodes {
  readonly nodes: readonly Node[];
}

/** An inventory sorted into nodes that are alike: all of them, or only those of a wish's machine types where there are any. */
export function alikeNodes(nodes: readonly Node[]): (wish: NodeWish) => readonly AlikeNodes[] {
  const all: { nodes: Node[] }[] = [];
  const alike = wishMap(() => {
    const made = { nodes: [] as Node[] };
    all.push(made);
    return made;
  });
  for (const node of nodes) alike(node).nodes.push(node);
  return (wish) => {
    const types = machineTypes(wish.machineType);
    const ofType = all.filter((one) => types.includes(one.nodes[0]?.machineType ?? ''));
    return ofType.length === 0 ? all : ofType;
  };
}

/** The nodes exist, but people hold them until they give them back. */
export function whyHeld(job: JobWish, pool: OfKinds, lab: People & { readonly kinds: NodeKinds }): string {
  const held = [...nodesOfKinds(lab.kinds, pool.kinds)].filter((outlook) => outlook.likelyAt === Infinity);
  const obstacles = held.map(({ node }) => `${node.name} is locked by ${node.lock?.owner} without an end`);
  return sentence(`waits for ${wish(job)} until people release theirs${leftForPeople(lab)}`, obstacles);
}

/** The nodes are busy, or kept for jobs that come first. */
export function whyReserved(
  job: JobWish,
  pool: OfKinds,
  lab: People & { readonly kinds: NodeKinds },
): string {
  const obstacles: string[] = [];
  // Counted, not looked at: there may be thousands.
  let inAll = 0;
  for (const kind of pool.kinds) inAll += kind.members.length - (lab.kinds.clear[kind.index] ?? 0);
  for (const outlook of nodesOfKinds(lab.kinds, pool.kinds)) {
    if (obstacles.length === Math.min(inAll, mostObstacles)) break;
    if (inTheWay(outlook)) obstacles.push(obstacle(outlook));
  }
  return sentence(`waits for ${wish(job)}${leftForPeople(lab)}`, obstacles, inAll - obstacles.length);
}

type OfKinds = Pick<Pool, 'kinds'>;

/** How many nodes of each type jobs must leave. */
type People = Pick<QueueRules, 'reserveMachines'>;

function leftForPeople({ reserveMachines }: People): string {
  return reserveMachines === 0 ? '' : `, of which ${reserveMachines} of each type are left for people`;
}

function inTheWay(outlook: Outlook): boolean {
  return outlook.reservedFor !== null || !outlook.free;
}

function obstacle(outlook: Outlook): string {
  const { node } = outlook;
  if (outlook.reservedFor !== null)
    return `${node.name} is kept for job ${outlook.reservedFor}, which comes first`;
  if (node.state === 'locked') {
    const use = node.lock?.job === null ? '' : ` for ${node.lock?.job.run}/${node.lock?.job.jobId}`;
    return `${node.name} is locked by ${node.lock?.owner}${use}`;
  }
  if (node.state !== 'free') return `${node.name} is ${node.state}`;
  return `${node.name} goes to a job that comes first`;
}

function quarantineText(node: Node): string {
  return `${node.name} is quarantined (${node.reason ?? 'no reason given'})`;
}

function wish(job: JobWish): string {
  if (job.roleWishes === null) return nodesOf(job.nodeCount, wishText(job));
  const alike = Map.groupBy(job.roleWishes, wishText);
  return [...alike]
    .map(([text, wishes]) => `${nodesOf(wishes.length, text)} for ${rolesOf(wishes)}`)
    .join(' and ');
}

function nodesOf(count: number, text: string): string {
  return `${count} ${count === 1 ? 'node' : 'nodes'} of ${text}`;
}

function rolesOf(wishes: readonly { readonly role: string }[]): string {
  return [...new Set(wishes.map(({ role }) => role))].join(', ');
}

const mostObstacles = 5;

function sentence(start: string, obstacles: readonly string[], more = 0): string {
  if (obstacles.length === 0) return start;
  const rest = obstacles.length - mostObstacles + more;
  const shown = obstacles.slice(0, mostObstacles).join(', ');
  return `${start}: ${shown}${rest > 0 ? ` and ${rest} more` : ''}`;
}

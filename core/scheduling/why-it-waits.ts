import { mismatches, wishText } from '../locks/match.ts';
import type { NodeWish } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import type { Outlook } from './outlook.ts';
import { kindOf } from './wish-groups.ts';

/** The sentences that tell people why a job has not started; each names what is in the way. */

type Wish = NodeWish & { readonly nodeCount: number };

/** More nodes are wished for than exist; says what is wrong with those that come closest. */
export function whyImpossible(job: Wish, nodes: readonly Node[]): string {
  const known = new Map<string, readonly string[]>(); // by kind of node: a lab has many nodes of few kinds
  const reasonsOf = (node: Node): readonly string[] => {
    const kind = kindOf(node);
    const reasons = known.get(kind) ?? mismatches(node, job);
    known.set(kind, reasons);
    return reasons;
  };
  const near = nodes
    .map((node) => ({ node, reasons: reasonsOf(node) }))
    .sort((a, b) => a.reasons.length - b.reasons.length);
  const fitting = near.filter(({ reasons }) => reasons.length === 0).map(({ node }) => node);
  const usable = fitting.filter((node) => node.state !== 'quarantined').length;
  const obstacles = [
    ...fitting.filter((node) => node.state === 'quarantined').map(quarantineText),
    ...near
      .filter(({ reasons }) => reasons.length > 0)
      .map(({ node, reasons }) => `${node.name} ${reasons.join(' and ')}`),
  ];
  return sentence(`can never start: it needs ${wish(job)}, the lab has ${usable}`, obstacles);
}

/** The nodes exist, but people hold them until they give them back. */
export function whyHeld(job: Wish, candidates: readonly Outlook[]): string {
  const held = candidates.filter((outlook) => outlook.availableAt === Infinity);
  const obstacles = held.map(({ node }) => `${node.name} is locked by ${node.lock?.owner} without an end`);
  return sentence(`waits for ${wish(job)} until people release theirs`, obstacles);
}

/** The nodes are busy, or kept for jobs that come first. */
export function whyReserved(job: Wish, candidates: readonly Outlook[]): string {
  const obstacles: string[] = [];
  let more = 0; // counted, not put in words: there may be thousands
  for (const outlook of candidates) {
    if (!inTheWay(outlook)) continue;
    if (obstacles.length === mostObstacles) more += 1;
    else obstacles.push(obstacle(outlook));
  }
  return sentence(`waits for ${wish(job)}`, obstacles, more);
}

/** The nodes are there; the lab runs as many jobs as it may. */
export function whyNoSlot(): string {
  return 'has its nodes and waits for a runner: the lab runs as many jobs at once as it may';
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

function wish(job: Wish): string {
  return `${job.nodeCount} ${job.nodeCount === 1 ? 'node' : 'nodes'} of ${wishText(job)}`;
}

const mostObstacles = 5;

function sentence(start: string, obstacles: readonly string[], more = 0): string {
  if (obstacles.length === 0) return start;
  const rest = obstacles.length - mostObstacles + more;
  const shown = obstacles.slice(0, mostObstacles).join(', ');
  return `${start}: ${shown}${rest > 0 ? ` and ${rest} more` : ''}`;
}

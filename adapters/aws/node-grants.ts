import type { JobRef, Lock, Node } from '../../core/locks/node.ts';
import { changeNodes, readNodes } from './node-items.ts';
import type { NodeItem } from './node-items.ts';
import type { Tables, Write } from './table.ts';

/** Granting and taking back nodes, for jobs and for people alike: the writes for it, on condition of what was read. */

export interface Grant {
  readonly lockId: string;
  readonly owner: string;
  readonly job: JobRef | null; // null = a person
  readonly fence: number; // above every fence that `grantable` returned
  readonly leaseUntil: number | null; // null = until released
  readonly description: string | null;
  readonly now: number;
}

export type Grantable =
  | { readonly kind: 'free'; readonly items: readonly NodeItem[]; readonly fence: number } // the highest among the nodes
  | { readonly kind: 'refused'; readonly reason: string };

/** Whether all the nodes can be granted now. One read for each hundred. */
export async function grantable(tables: Tables, names: readonly string[]): Promise<Grantable> {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) return { kind: 'refused', reason: `node ${repeated} is named twice` };
  const found = await readNodes(tables, names);
  const obstacles = names.flatMap((name, index) => {
    const node = found[index]?.node;
    return node === undefined ? [`node ${name} is not in the inventory`] : whyNotFree(node);
  });
  if (obstacles.length > 0) return { kind: 'refused', reason: obstacles.join(', ') };
  const items = found.filter((item) => item !== null);
  return { kind: 'free', items, fence: Math.max(0, ...items.map((item) => item.node.fence)) };
}

function whyNotFree(node: Node): string[] {
  const { name, state, lock, reason } = node;
  if (state === 'free') return [];
  if (lock !== null) return [`node ${name} is locked by ${lock.owner} (${node.description ?? lock.id})`];
  return [`node ${name} is ${state}${reason === null ? '' : ` (${reason})`}`];
}

/** The writes that lock the nodes, one each, and the nodes as they are then. */
export async function grantNodes(
  tables: Tables,
  op: string,
  { items, ...grant }: Grant & { items: readonly NodeItem[] },
): Promise<{ writes: Write[]; nodes: Node[] }> {
  const { fence, now } = grant;
  const job = grant.job === null ? null : { run: grant.job.run, jobId: grant.job.jobId };
  const lock: Lock = {
    id: grant.lockId,
    owner: grant.owner,
    job,
    fence,
    since: now,
    leaseUntil: grant.leaseUntil,
  };
  const detail = `${grant.description ?? ''} fence ${fence}`.trim();
  const changes = items.map((before) => ({
    before,
    node: {
      ...before.node,
      state: 'locked' as const,
      lock,
      fence,
      description: grant.description,
      reason: null,
      markedBy: null,
      stateSince: now,
      lastUsedAt: now,
    },
    event: { at: now, event: 'locked', by: grant.owner, detail },
  }));
  return { writes: await changeNodes(tables, op, changes), nodes: changes.map(({ node }) => node) };
}

export interface GrantEnd {
  readonly state: 'free' | 'dirty';
  readonly reason: string | null; // why dirty
  readonly by: string;
  readonly now: number;
}

/** The writes that end a lock on these nodes, which hold it. */
export async function takeBackNodes(
  tables: Tables,
  op: string,
  { items, state, reason, by, now }: GrantEnd & { items: readonly NodeItem[] },
): Promise<Write[]> {
  const detail = state === 'free' ? 'clean' : `to be cleaned: ${reason ?? 'used'}`;
  const changes = items.map((before) => ({
    before,
    node: {
      ...before.node,
      state,
      reason,
      markedBy: null,
      lock: null,
      stateSince: now,
      lastUsedAt: now,
    },
    event: { at: now, event: 'released', by, detail },
  }));
  return changeNodes(tables, op, changes);
}

/** Those of the nodes that a lock still holds. */
export async function heldNodes(
  tables: Tables,
  { lockId, nodes }: { lockId: string; nodes: readonly string[] },
): Promise<NodeItem[]> {
  const found = await readNodes(tables, nodes);
  return found.filter((item) => item !== null).filter((item) => item.node.lock?.id === lockId);
}

/** The lock id of an attempt. People's lock ids may not begin like it. */
export function attemptLockId(attempt: { jobId: number; fence: number }): string {
  return `job:${attempt.jobId}.${attempt.fence}`;
}

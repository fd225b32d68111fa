import type { JobRef, Node } from '../../core/locks/node.ts';
import type { Database } from './database.ts';
import { recordEvent, toNode } from './node-rows.ts';
import type { NodeRow } from './node-rows.ts';

/**
 * Granting and taking back nodes, for jobs and for people alike. All of these must be called inside a transaction: they
 * check first and write then, and only the write lock makes that one step (L1).
 */

export interface Grant {
  readonly lockId: string;
  readonly nodes: readonly string[];
  readonly owner: string;
  readonly job: JobRef | null; // null = a person
  readonly fence: number; // above every fence that `grantable` returned
  readonly leaseUntil: number | null; // null = until released
  readonly description: string | null;
  readonly now: number;
}

export type Grantable =
  | { readonly kind: 'free'; readonly fence: number } // the highest fence among the nodes
  | { readonly kind: 'refused'; readonly reason: string };

/** Whether all the nodes can be granted now. One read a node. */
export function grantable(database: Database, names: readonly string[]): Grantable {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) return { kind: 'refused', reason: `node ${repeated} is named twice` };
  const obstacles: string[] = [];
  let fence = 0;
  for (const name of names) {
    const row = database.get<NodeRow>('select * from nodes where name = ?', name);
    const obstacle = row === null ? `node ${name} is not in the inventory` : whyNotFree(row);
    if (obstacle !== null) obstacles.push(obstacle);
    fence = Math.max(fence, row?.fence ?? 0);
  }
  return obstacles.length === 0 ? { kind: 'free', fence } : { kind: 'refused', reason: obstacles.join(', ') };
}

function whyNotFree(row: NodeRow): string | null {
  if (row.state === 'free') return null;
  if (row.state === 'locked')
    return `node ${row.name} is locked by ${row.lock_owner} (${row.description ?? row.lock_id})`;
  return `node ${row.name} is ${row.state}${row.reason === null ? '' : ` (${row.reason})`}`;
}

/** Locks nodes that `grantable` found free, and returns them in the order given. Two writes a node. */
export function grantNodes(database: Database, grant: Grant): Node[] {
  return grant.nodes.map((name) => {
    const row = database.get<NodeRow>(
      `update nodes set state = 'locked', lock_id = ?, lock_owner = ?, lock_run = ?, lock_job_id = ?, lock_since = ?,
         lock_until = ?, fence = ?, description = ?, reason = null, marked_by = null, state_since = ?, last_used_at = ?
       where name = ? and state = 'free' returning *`,
      grant.lockId,
      grant.owner,
      grant.job?.run ?? null,
      grant.job?.jobId ?? null,
      grant.now,
      grant.leaseUntil,
      grant.fence,
      grant.description,
      grant.now,
      grant.now,
      name,
    );
    if (row === null)
      throw new Error(`node ${name} was granted without being checked in the same transaction`);
    const detail = `${grant.description ?? ''} fence ${grant.fence}`.trim();
    recordEvent(database, { node: name, at: grant.now, event: 'locked', by: grant.owner, detail });
    return toNode(row);
  });
}

export interface GrantEnd {
  readonly lockId: string;
  readonly nodes?: readonly string[]; // default: all that the lock holds
  readonly state: 'free' | 'dirty';
  readonly reason: string | null; // why dirty
  readonly by: string;
  readonly now: number;
}

/** Ends a lock, on all its nodes or on some, and returns their names; none when the lock is over already. */
export function takeBackNodes(database: Database, end: GrantEnd): string[] {
  const rows = database.all<{ name: string }>(
    `update nodes set state = ?1, reason = ?2, marked_by = null, lock_id = null, lock_owner = null, lock_run = null, lock_job_id = null,
       lock_since = null, lock_until = null, state_since = ?3, last_used_at = ?4
     where lock_id = ?5 and (?6 is null or name in (select value from json_each(?6))) returning name`,
    end.state,
    end.reason,
    end.now,
    end.now,
    end.lockId,
    end.nodes === undefined ? null : JSON.stringify(end.nodes),
  );
  const detail = end.state === 'free' ? 'clean' : `to be cleaned: ${end.reason ?? 'used'}`;
  for (const { name } of rows) {
    recordEvent(database, { node: name, at: end.now, event: 'released', by: end.by, detail });
  }
  return rows.map((row) => row.name);
}

/** The lock id of an attempt. People's lock ids may not begin like it. */
export function attemptLockId(attempt: { jobId: number; fence: number }): string {
  return `job:${attempt.jobId}.${attempt.fence}`;
}

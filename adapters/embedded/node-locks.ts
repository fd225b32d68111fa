import type { LockRequest, LockResult, NodeStore } from '../../core/ports/node-store.ts';
import type { Database } from './database.ts';
import { grantable, grantNodes, takeBackNodes } from './node-grants.ts';
import { recordEvent, toNode } from './node-rows.ts';
import type { NodeRow } from './node-rows.ts';

type Locks = Pick<NodeStore, 'lockMany' | 'renew' | 'release'>;

/** The locks of people. Each method is one transaction. */
export function sqliteNodeLocks(database: Database): Locks {
  return {
    /** Two statements and four a node. */
    lockMany: async (request) => database.transaction(() => lockMany(database, request)),
    async renew(lockId, { leaseUntil, now }) {
      return database.transaction(() => {
        const rows = database.all<{ name: string; lock_owner: string }>(
          'update nodes set lock_until = ? where lock_id = ? and lock_job_id is null returning name, lock_owner',
          leaseUntil,
          lockId,
        );
        const detail = leaseUntil === null ? 'until released' : `until ${new Date(leaseUntil).toISOString()}`;
        for (const { name, lock_owner: by } of rows) {
          recordEvent(database, { node: name, at: now, event: 'renewed', by, detail });
        }
        return rows.length > 0 ? 'ok' : 'stale';
      });
    },
    async release(lockId, { clean, now, ifLeaseEndedBefore, nodes }) {
      return database.transaction(() => {
        const held = heldNodes(database, lockId);
        const first = held[0];
        if (first === undefined) return 'stale';
        if (
          ifLeaseEndedBefore !== undefined &&
          held.some((row) => (row.lock_until ?? Infinity) >= ifLeaseEndedBefore)
        ) {
          return 'stale';
        }
        const names = held.map((row) => row.name);
        if (nodes?.some((name) => !names.includes(name))) return 'stale';
        const by = first.lock_owner ?? '';
        takeBackNodes(database, {
          lockId,
          ...(nodes && { nodes }),
          state: clean ? 'free' : 'dirty',
          reason: clean ? null : `used by ${by}`,
          by,
          now,
        });
        const over = names.every((name) => nodes?.includes(name) ?? true);
        if (over) database.run('update grants set ended_at = ? where lock_id = ?', now, lockId);
        return 'ok';
      });
    },
  };
}

function lockMany(database: Database, request: LockRequest): LockResult {
  if (request.lockId.startsWith('job:') || request.lockId.startsWith('hold:')) {
    return { kind: 'refused', reason: `lock id '${request.lockId}' is of a kind that only jobs have` };
  }
  const before = database.get<{ nodes: string; ended_at: number | null }>(
    'select nodes, ended_at from grants where lock_id = ?',
    request.lockId,
  );
  if (before !== null) return repeated(database, request, before);
  if (request.nodes.length === 0) return { kind: 'refused', reason: 'no nodes were named' };
  const check = grantable(database, request.nodes);
  if (check.kind === 'refused') return check;
  const nodes = grantNodes(database, { ...request, job: null, fence: check.fence + 1 });
  database.run(
    'insert into grants (lock_id, nodes, granted_at) values (?, ?, ?)',
    request.lockId,
    JSON.stringify(request.nodes),
    request.now,
  );
  return { kind: 'locked', nodes };
}

function repeated(
  database: Database,
  request: LockRequest,
  before: { nodes: string; ended_at: number | null },
): LockResult {
  if (before.ended_at !== null) return { kind: 'refused', reason: `lock '${request.lockId}' is over` };
  const held = new Map(heldNodes(database, request.lockId).map((row) => [row.name, toNode(row)]));
  const nodes = request.nodes.flatMap((name) => held.get(name) ?? []);
  if (nodes.length === request.nodes.length && nodes.length === held.size) return { kind: 'locked', nodes };
  return {
    kind: 'refused',
    reason: `lock '${request.lockId}' holds other nodes: ${[...held.keys()].join(', ')}`,
  };
}

function heldNodes(database: Database, lockId: string): NodeRow[] {
  return database.all<NodeRow>(
    'select * from nodes where lock_id = ? and lock_job_id is null order by name',
    lockId,
  );
}

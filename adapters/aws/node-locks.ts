import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { LockRequest, LockResult, NodeStore } from '../../core/ports/node-store.ts';
import { nodeKeys } from './keys.ts';
import { grantable, grantNodes, heldNodes, takeBackNodes } from './node-grants.ts';
import { changeNodes } from './node-items.ts';
import type { GrantItem, NodeItem } from './node-items.ts';
import { mostWrites } from './table.ts';
import type { Tables } from './table.ts';
import { putNext, transition } from './transition.ts';
import type { Decision } from './transition.ts';

type Locks = Pick<NodeStore, 'lockMany' | 'renew' | 'release'>;

/** The locks of people. Each method is one transaction after two reads. */
export function dynamoNodeLocks(tables: Tables): Locks {
  return {
    lockMany: async (request) => transition(tables, (op) => lockMany(tables, op, request)),
    async renew(lockId, { leaseUntil, now }) {
      return transition(tables, async (op) => {
        const { held } = await lockOf(tables, lockId);
        if (held.length === 0) return { result: 'stale', writes: [] };
        const detail = leaseUntil === null ? 'until released' : `until ${new Date(leaseUntil).toISOString()}`;
        const changes = held.flatMap((before) => {
          const { lock } = before.node;
          if (lock === null) return [];
          const event = { at: now, event: 'renewed', by: lock.owner, detail };
          return [{ before, node: { ...before.node, lock: { ...lock, leaseUntil } }, event }];
        });
        return { result: 'ok', writes: await changeNodes(tables, op, changes) };
      });
    },
    async release(lockId, end) {
      return transition(tables, async (op) => release(tables, op, { lockId, ...end }));
    },
  };
}

/** A person's lock and the nodes that it still holds; a job's lock has no grant and so holds nothing here. */
async function lockOf(
  tables: Tables,
  lockId: string,
): Promise<{ grant: GrantItem | null; held: NodeItem[] }> {
  const grant = await tables.get<GrantItem>(tables.nodes, nodeKeys.grant(lockId));
  if (grant === null || grant.endedAt !== null) return { grant, held: [] };
  const held = await heldNodes(tables, { lockId, nodes: grant.nodes });
  return { grant, held: held.sort((a, b) => compareCodePoints(a.node.name, b.node.name)) };
}

async function lockMany(tables: Tables, op: string, request: LockRequest): Promise<Decision<LockResult>> {
  const refuse = (reason: string) => ({ result: { kind: 'refused' as const, reason }, writes: [] });
  const { lockId, nodes: names } = request;
  if (lockId.startsWith('job:') || lockId.startsWith('hold:')) {
    return refuse(`lock id '${lockId}' is of a kind that only jobs have`);
  }
  const { grant, held } = await lockOf(tables, lockId);
  if (grant !== null) return { result: repeated(request, grant, held), writes: [] };
  if (names.length === 0) return refuse('no nodes were named');
  const most = mostWrites - 1;
  if (names.length > most) return refuse(`${names.length} nodes were named, a lock holds at most ${most}`);
  const check = await grantable(tables, names);
  if (check.kind === 'refused') return { result: check, writes: [] };
  const item = { ...nodeKeys.grant(lockId), nodes: names, endedAt: null };
  const wanted = { ...request, job: null, fence: check.fence + 1, items: check.items };
  const { writes, nodes } = await grantNodes(tables, op, wanted);
  const noted = putNext<GrantItem>(tables.nodes, op, { item, before: null });
  return { result: { kind: 'locked', nodes }, writes: [noted, ...writes] };
}

function repeated(request: LockRequest, grant: GrantItem, held: readonly NodeItem[]): LockResult {
  if (grant.endedAt !== null) return { kind: 'refused', reason: `lock '${request.lockId}' is over` };
  const byName = new Map(held.map(({ node }) => [node.name, node]));
  const nodes = request.nodes.flatMap((name) => byName.get(name) ?? []);
  if (nodes.length === request.nodes.length && nodes.length === byName.size) return { kind: 'locked', nodes };
  const reason = `lock '${request.lockId}' holds other nodes: ${[...byName.keys()].join(', ')}`;
  return { kind: 'refused', reason };
}

async function release(
  tables: Tables,
  op: string,
  { lockId, clean, now, ifLeaseEndedBefore: limit, nodes }: ReleaseOrder,
): Promise<Decision<'ok' | 'stale'>> {
  const stale = { result: 'stale', writes: [] } as const;
  const { grant, held } = await lockOf(tables, lockId);
  const by = held[0]?.node.lock?.owner;
  if (grant === null || by === undefined) return stale;
  if (limit !== undefined && held.some(({ node }) => (node.lock?.leaseUntil ?? Infinity) >= limit)) {
    return stale;
  }
  const ending = held.filter(({ node }) => nodes?.includes(node.name) ?? true);
  if (nodes !== undefined && ending.length !== new Set(nodes).size) return stale;
  const end = { state: clean ? ('free' as const) : ('dirty' as const), by, now };
  const reason = clean ? null : `used by ${by}`;
  const writes = await takeBackNodes(tables, op, { ...end, reason, items: ending });
  const endedAt = ending.length === held.length ? now : null;
  const item = { ...nodeKeys.grant(lockId), nodes: grant.nodes, endedAt };
  const noted = putNext<GrantItem>(tables.nodes, op, { item, before: grant });
  return { result: 'ok', writes: [noted, ...writes] };
}

type ReleaseOrder = { readonly lockId: string } & Parameters<NodeStore['release']>[1];

import type { Node } from '../../core/locks/node.ts';
import type { NodeEvent, NodeStore } from '../../core/ports/node-store.ts';
import { nodeKeys } from './keys.ts';
import { changeNodes } from './node-items.ts';
import type { NodeItem } from './node-items.ts';
import type { Tables } from './table.ts';
import { transition } from './transition.ts';

type Care = Pick<NodeStore, 'beginCleaning' | 'cleaned' | 'mark' | 'describe'>;

/** Cleaning and quarantine. Each method is one read, one event kept, and one transaction of one write. */
export function dynamoNodeCare(tables: Tables): Care {
  /** Changes one node if it is as it must be; null otherwise. */
  const change = async (
    name: string,
    decide: (node: Node) => { node: Node; event: NodeEvent } | null,
  ): Promise<Node | null> =>
    transition(tables, async (op) => {
      const before = await tables.get<NodeItem>(tables.nodes, nodeKeys.node(name));
      const next = before === null ? null : decide(before.node);
      if (before === null || next === null) return { result: null, writes: [] };
      return { result: next.node, writes: await changeNodes(tables, op, [{ before, ...next }]) };
    });
  return {
    async beginCleaning(name, now) {
      const node = await change(name, (node) => {
        if (node.state !== 'dirty') return null;
        const fence = node.fence + 1;
        const event = { at: now, event: 'cleaning', by: node.provider, detail: `fence ${fence}` };
        return { node: { ...node, state: 'cleaning', fence, stateSince: now }, event };
      });
      return node === null ? null : { fence: node.fence, node };
    },
    async cleaned({ name, fence, spec, now }) {
      const node = await change(name, (node) => {
        if (node.state !== 'cleaning' || node.fence !== fence) return null;
        const { name: _, ...news } = spec;
        const fresh = {
          state: 'free',
          reason: null,
          markedBy: null,
          description: null,
          stateSince: now,
        } as const;
        const event = { at: now, event: 'cleaned', by: node.provider, detail: `fence ${fence}` };
        return { node: { ...node, ...fresh, ...news }, event };
      });
      return node === null ? 'stale' : 'ok';
    },
    async describe({ name, description, by, now }) {
      const event = { at: now, event: 'described', by, detail: description ?? '' };
      const node = await change(name, (node) => ({ node: { ...node, description }, event }));
      return node === null ? 'stale' : 'ok';
    },
    async mark({ name, fence, ifMarkedBy, state, reason, by, now }) {
      const node = await change(name, (node) => {
        if (node.state === 'locked' || (state === 'free' && node.state === 'cleaning')) return null;
        if (fence !== undefined && node.fence !== fence) return null;
        if (ifMarkedBy !== undefined && node.markedBy !== ifMarkedBy) return null;
        const freed = state === 'free';
        const why = { reason: freed ? null : reason, markedBy: freed ? null : by };
        const stateSince = node.state === state ? node.stateSince : now;
        const event = { at: now, event: freed ? 'freed' : state, by, detail: reason };
        return { node: { ...node, ...why, state, stateSince }, event };
      });
      return node === null ? 'stale' : 'ok';
    },
  };
}

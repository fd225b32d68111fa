import type { Node, NodeSpec } from '../../core/locks/node.ts';
import type { NodeEvent } from '../../core/ports/node-store.ts';
import { nodeKeys } from './keys.ts';
import type { Key } from './keys.ts';
import type { Item, Tables, Write } from './table.ts';
import { putNext } from './transition.ts';

/** A node as the table has it: the domain's record, and the last thing that happened to it. */
export interface NodeItem extends Item {
  readonly node: Node;
  readonly event: NodeEvent;
  readonly eventVersion: number; // of the node when it happened; a renewed lease is a version without an event
}

/** What a lock holds. It stays after the release, so that a late copy of a request is not granted again. */
export interface GrantItem extends Item {
  readonly nodes: readonly string[];
  readonly endedAt: number | null;
}

/** What is left of a node that was removed, so that it goes on from there. */
export interface RetiredItem extends Item {
  readonly fence: number;
}

export type EventItem = Key & NodeEvent;

/** The nodes of these names, null for those that are not there. */
export async function readNodes(tables: Tables, names: readonly string[]): Promise<(NodeItem | null)[]> {
  return tables.getMany<NodeItem>(tables.nodes, names.map(nodeKeys.node));
}

/**
 * The writes that change nodes. An event would need a write of its own in the transaction, and half as many nodes would fit into it; so
 * the last event lies in the node itself, and moves into the history before the next one takes its place. Its key is the
 * node's version then: moving it twice is moving it once.
 */
export async function changeNodes(
  tables: Tables,
  op: string,
  changes: readonly { before: NodeItem; node: Node; event: NodeEvent }[],
): Promise<Write[]> {
  await keepEvents(
    tables,
    changes.map(({ before }) => before),
  );
  return changes.map(({ before, node, event }) =>
    putNext<NodeItem>(tables.nodes, op, {
      item: { ...nodeKeys.node(node.name), node, event, eventVersion: before.version + 1 },
      before,
    }),
  );
}

/** Moves the last events of nodes into the history. One request for each 25 nodes. */
export async function keepEvents(tables: Tables, items: readonly NodeItem[]): Promise<void> {
  await tables.putMany(
    tables.nodes,
    items.map(({ node, event, eventVersion }): EventItem => ({
      ...nodeKeys.event(node.name, eventVersion),
      ...event,
    })),
  );
}

/** A node that has never been used. */
export function freshNode(spec: NodeSpec, { fence, now }: { fence: number; now: number }): Node {
  return {
    ...spec,
    state: 'free',
    lock: null,
    fence,
    description: null,
    reason: null,
    markedBy: null,
    stateSince: now,
    lastUsedAt: 0,
  };
}

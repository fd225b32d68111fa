import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { Node } from '../../core/locks/node.ts';
import type { NodeFilter } from '../../core/ports/node-store.ts';
import { allShards, nodeKeys } from './keys.ts';
import type { NodeItem } from './node-items.ts';
import type { Tables } from './table.ts';

const smallestRead = 100;

/**
 * Nodes in name order. Of each shard as many are read as the page still lacks, so that a page costs its length for each shard; what a
 * filter leaves out costs as much, and is made up for by the nodes behind.
 */
export async function listNodes(tables: Tables, filter: NodeFilter): Promise<Node[]> {
  const { machineType, state, limit = Number.POSITIVE_INFINITY } = filter;
  const isFiltered = machineType !== undefined || state !== undefined;
  const found: Node[] = [];
  let after = filter.after ?? '';
  while (found.length < limit) {
    const lacking = limit - found.length;
    const most = isFiltered ? Math.max(lacking, smallestRead) : lacking;
    const { nodes, complete } = await nextNodes(tables, after, most);
    const ofType = nodes.filter((node) => machineType === undefined || node.machineType === machineType);
    found.push(...ofType.filter((node) => state === undefined || node.state === state));
    if (complete) break;
    after = nodes.at(-1)?.name ?? after;
  }
  return found.slice(0, limit);
}

/** The next `most` nodes behind a name, more where there are no others (`complete`). One query a shard. */
async function nextNodes(
  tables: Tables,
  after: string,
  most: number,
): Promise<{ nodes: Node[]; complete: boolean }> {
  const shards = await Promise.all(
    allShards().map((shard) =>
      tables.query<NodeItem>({
        TableName: tables.nodes,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk and sk between :first and :end',
        ExpressionAttributeValues: {
          ':pk': nodeKeys.inventory(shard),
          ':first': nodeKeys.behindNode(after),
          ':end': nodeKeys.behindNodes,
        },
        ...(Number.isFinite(most) && { Limit: most }),
      }),
    ),
  );
  const nodes = shards
    .flat()
    .map((item) => item.node)
    .sort((a, b) => compareCodePoints(a.name, b.name));
  const complete = shards.every((items) => items.length < most);
  return { nodes: complete ? nodes : nodes.slice(0, most), complete };
}

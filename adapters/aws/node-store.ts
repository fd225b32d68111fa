import type { NodeSpec } from '../../core/locks/node.ts';
import type { Transition } from '../../core/ports/job-store.ts';
import type { NodeEvent, NodeStore } from '../../core/ports/node-store.ts';
import { nodeKeys, sortable } from './keys.ts';
import { dynamoNodeCare } from './node-care.ts';
import { attemptLockId } from './node-grants.ts';
import { changeNodes, freshNode, keepEvents } from './node-items.ts';
import type { EventItem, NodeItem, RetiredItem } from './node-items.ts';
import { dynamoNodeLocks } from './node-locks.ts';
import { listNodes } from './node-pages.ts';
import type { Tables, Write } from './table.ts';
import { transition } from './transition.ts';

type Inventory = Pick<
  NodeStore,
  'register' | 'moved' | 'enroll' | 'setHostKey' | 'remove' | 'get' | 'list' | 'history'
>;

/** The inventory on DynamoDB. */
export function dynamoNodeStore(tables: Tables): NodeStore {
  return { ...inventory(tables), ...dynamoNodeLocks(tables), ...dynamoNodeCare(tables) };
}

function inventory(tables: Tables): Inventory {
  return {
    /** A transaction for each node: two or three requests. */
    async register(specs, now) {
      for (const spec of specs) await registerNode(tables, spec, now);
    },
    enroll: async (spec, now) => registerNode(tables, spec, now, { onlyOf: spec.provider }),
    async setHostKey({ name, hostKey, ifHeldBy, by, now }) {
      return transition(tables, async (op) => {
        const item = await tables.get<NodeItem>(tables.nodes, nodeKeys.node(name));
        if (item === null || item.node.state === 'cleaning') return { result: null, writes: [] };
        if (ifHeldBy !== undefined && item.node.lock?.owner !== ifHeldBy) return { result: null, writes: [] };
        const was = item.node.hostKey;
        const node = { ...item.node, hostKey };
        const event = { at: now, event: 'host key', by, detail: hostKey };
        const changes = was === hostKey ? [] : [{ before: item, node, event }];
        return { result: { node, was }, writes: await changeNodes(tables, op, changes) };
      });
    },
    async moved(attempt, { spec, now }) {
      return transition(tables, async (op) => {
        const item = await tables.get<NodeItem>(tables.nodes, nodeKeys.node(spec.name));
        const lock = item?.node.lock ?? null;
        if (item === null || lock?.id !== attemptLockId(attempt) || lock.job?.run !== attempt.run)
          return { result: 'stale', writes: [] };
        return { result: 'ok', writes: await refreshed(tables, op, { item, spec, now }) };
      });
    },
    async remove(name) {
      return transition(tables, async (op) => {
        const item = await tables.get<NodeItem>(tables.nodes, nodeKeys.node(name));
        if (item === null || item.node.state === 'locked') return { result: 'stale', writes: [] };
        await keepEvents(tables, [item]);
        const { fence } = item.node;
        const retired = {
          TableName: tables.nodes,
          Item: { ...nodeKeys.retired(name), fence, version: item.version, op },
        };
        const gone = {
          TableName: tables.nodes,
          Key: nodeKeys.node(name),
          ConditionExpression: '#version = :before',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':before': item.version },
        };
        return { result: 'ok', writes: [{ Put: retired }, { Delete: gone }] };
      });
    },
    get: async (name) => (await tables.get<NodeItem>(tables.nodes, nodeKeys.node(name)))?.node ?? null,
    /** At least one query a shard; a filter saves no reading. */
    list: async (filter = {}) => listNodes(tables, filter),
    async history(name, limit) {
      const item = await tables.get<NodeItem>(tables.nodes, nodeKeys.node(name));
      const kept = await tables.query<EventItem>({
        TableName: tables.nodes,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': nodeKeys.history(name) },
        ScanIndexForward: false,
        Limit: limit,
      });
      const latest = item !== null && kept[0]?.sk !== sortable(item.eventVersion) ? [item.event] : [];
      return [...latest, ...kept].slice(0, limit).map(asEvent);
    },
  };
}

function asEvent({ at, event, by, detail }: NodeEvent): NodeEvent {
  return { at, event, by, detail };
}

/** With `onlyOf`, a known node of another provider is left alone. */
async function registerNode(
  tables: Tables,
  spec: NodeSpec,
  now: number,
  { onlyOf }: { onlyOf?: string } = {},
): Promise<Transition> {
  return transition(tables, async (op) => {
    const keys = [nodeKeys.node(spec.name), nodeKeys.retired(spec.name)];
    const [item, retired] = (await tables.getMany(tables.nodes, keys)) as [
      NodeItem | null,
      RetiredItem | null,
    ];
    if (item === null) {
      const node = freshNode(spec, { fence: retired?.fence ?? 0, now });
      const event = { ...registration(spec, now), event: 'registered' };
      // The history of a node that comes back goes on behind that of its earlier life.
      const version = (retired?.version ?? 0) + 1;
      const put = {
        TableName: tables.nodes,
        Item: { ...nodeKeys.node(spec.name), node, event, eventVersion: version, version, op },
        ConditionExpression: 'attribute_not_exists(pk)',
      };
      return { result: 'ok', writes: [{ Put: put }] };
    }
    if (onlyOf !== undefined && item.node.provider !== onlyOf) return { result: 'stale', writes: [] };
    return { result: 'ok', writes: await refreshed(tables, op, { item, spec, now }) };
  });
}

/** The writes that bring a known node up to date; none when it is so already. */
async function refreshed(
  tables: Tables,
  op: string,
  { item, spec, now }: { item: NodeItem; spec: NodeSpec; now: number },
): Promise<Write[]> {
  const fields = Object.keys(spec) as (keyof NodeSpec)[];
  if (fields.every((field) => item.node[field] === spec[field])) return [];
  const event = { ...registration(spec, now), event: 'refreshed' };
  return changeNodes(tables, op, [{ before: item, node: { ...item.node, ...spec }, event }]);
}

function registration(spec: NodeSpec, now: number): Omit<NodeEvent, 'event'> {
  return { at: now, by: spec.provider, detail: `${spec.user}@${spec.address}:${spec.port}` };
}

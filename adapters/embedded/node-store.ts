import type { NodeSpec } from '../../core/locks/node.ts';
import type { NodeEvent, NodeStore } from '../../core/ports/node-store.ts';
import type { Database } from './database.ts';
import { sqliteNodeCare } from './node-care.ts';
import { sqliteNodeLocks } from './node-locks.ts';
import { recordEvent, specColumns, toNode } from './node-rows.ts';
import type { NodeRow } from './node-rows.ts';

type Inventory = Pick<NodeStore, 'register' | 'remove' | 'get' | 'list' | 'history'>;

/** The inventory on SQLite. Any number of processes may have one on the same file. */
export function sqliteNodeStore(database: Database): NodeStore {
  return { ...inventory(database), ...sqliteNodeLocks(database), ...sqliteNodeCare(database) };
}

function inventory(database: Database): Inventory {
  return {
    /** One transaction; two to four statements a node. */
    async register(specs, now) {
      database.transaction(() => specs.forEach((spec) => registerNode(database, spec, now)));
    },
    async remove(name) {
      return database.transaction(() => {
        const gone = database.get<{ fence: number }>(
          `delete from nodes where name = ? and state <> 'locked' returning fence`,
          name,
        );
        if (gone === null) return 'stale';
        database.run('insert or replace into retired_fences (name, fence) values (?, ?)', name, gone.fence);
        return 'ok';
      });
    },
    async get(name) {
      const row = database.get<NodeRow>('select * from nodes where name = ?', name);
      return row === null ? null : toNode(row);
    },
    async list(filter = {}) {
      return database
        .all<NodeRow>(
          'select * from nodes where (?1 is null or machine_type = ?1) and (?2 is null or state = ?2) order by name',
          filter.machineType ?? null,
          filter.state ?? null,
        )
        .map(toNode);
    },
    async history(name, limit) {
      return database
        .all<NodeEvent>(
          'select at, event, by, detail from node_events where node = ? order by id desc limit ?',
          name,
          limit,
        )
        .map((row) => ({ ...row }));
    },
  };
}

function registerNode(database: Database, spec: NodeSpec, now: number): void {
  const fields = Object.keys(specColumns) as (keyof typeof specColumns)[];
  const columns = fields.map((field) => specColumns[field]);
  const values = fields.map((field) => spec[field]);
  const added = database.run(
    `insert into nodes (name, ${columns.join(', ')}, fence, state_since)
     values (?, ${columns.map(() => '?').join(', ')},
       coalesce((select fence from retired_fences where retired_fences.name = ?), 0), ?)
     on conflict (name) do nothing`,
    spec.name,
    ...values,
    spec.name,
    now,
  );
  const event = {
    node: spec.name,
    at: now,
    by: spec.provider,
    detail: `${spec.user}@${spec.address}:${spec.port}`,
  };
  if (added === 1) {
    recordEvent(database, { ...event, event: 'registered' });
    return;
  }
  const changed = database.run(
    `update nodes set ${columns.map((column) => `${column} = ?`).join(', ')}
     where name = ? and (${columns.join(', ')}) is not (${columns.map(() => '?').join(', ')})`,
    ...values,
    spec.name,
    ...values,
  );
  if (changed === 1) recordEvent(database, { ...event, event: 'refreshed' });
}

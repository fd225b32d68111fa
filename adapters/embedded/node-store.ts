import type { NodeSpec } from '../../core/locks/node.ts';
import type { AttemptRef } from '../../core/ports/job-store.ts';
import type { NodeEvent, NodeStore } from '../../core/ports/node-store.ts';
import type { Database } from './database.ts';
import { sqliteNodeCare } from './node-care.ts';
import { attemptLockId } from './node-grants.ts';
import { sqliteNodeLocks } from './node-locks.ts';
import { recordEvent, specColumns, toNode } from './node-rows.ts';
import type { NodeRow } from './node-rows.ts';

type Inventory = Pick<NodeStore, 'register' | 'moved' | 'remove' | 'get' | 'list' | 'history'>;

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
    moved: async (attempt, { spec, now }) =>
      database.transaction(() =>
        isHeldBy(database, spec.name, attempt) ? refreshNode(database, spec, now) : 'stale',
      ),
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
  const { columns, values } = columnsOf(spec);
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
  if (added === 1) recordEvent(database, { ...specEvent(spec, now), event: 'registered' });
  else refreshNode(database, spec, now);
}

/** Must be called inside a transaction, as this and `registerNode`: what is asked here has to hold for what is written next. */
function isHeldBy(database: Database, name: string, attempt: AttemptRef): boolean {
  const held = database.get(
    'select 1 from nodes where name = ? and lock_id = ? and lock_run = ?',
    name,
    attemptLockId(attempt),
    attempt.run,
  );
  return held !== null;
}

function refreshNode(database: Database, spec: NodeSpec, now: number): 'ok' {
  const { columns, values } = columnsOf(spec);
  const changed = database.run(
    `update nodes set ${columns.map((column) => `${column} = ?`).join(', ')}
     where name = ? and (${columns.join(', ')}) is not (${columns.map(() => '?').join(', ')})`,
    ...values,
    spec.name,
    ...values,
  );
  if (changed === 1) recordEvent(database, { ...specEvent(spec, now), event: 'refreshed' });
  return 'ok';
}

function columnsOf(spec: NodeSpec) {
  const fields = Object.keys(specColumns) as (keyof typeof specColumns)[];
  return { columns: fields.map((field) => specColumns[field]), values: fields.map((field) => spec[field]) };
}

function specEvent(spec: NodeSpec, now: number) {
  return { node: spec.name, at: now, by: spec.provider, detail: `${spec.user}@${spec.address}:${spec.port}` };
}

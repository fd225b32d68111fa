import type { NodeSpec } from '../../core/locks/node.ts';
import type { AttemptRef } from '../../core/ports/job-store.ts';
import type { NodeEvent, NodeStore } from '../../core/ports/node-store.ts';
import type { Database } from './database.ts';
import { sqliteNodeCare } from './node-care.ts';
import { attemptLockId } from './node-grants.ts';
import { sqliteNodeLocks } from './node-locks.ts';
import { recordEvent, specColumns, toNode } from './node-rows.ts';
import type { NodeRow } from './node-rows.ts';

type Inventory = Pick<
  NodeStore,
  'register' | 'moved' | 'enroll' | 'setHostKey' | 'remove' | 'get' | 'list' | 'history'
>;

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
    async enroll(spec, now) {
      return database.transaction(() => {
        const known = database.get<{ provider: string }>(
          'select provider from nodes where name = ?',
          spec.name,
        );
        if (known !== null && known.provider !== spec.provider) return 'stale';
        registerNode(database, spec, now);
        return 'ok';
      });
    },
    async setHostKey({ name, hostKey, ifHeldBy, by, now }) {
      return database.transaction(() => {
        const row = database.get<NodeRow>('select * from nodes where name = ?', name);
        if (row === null || row.state === 'cleaning') return null;
        if (ifHeldBy !== undefined && row.lock_owner !== ifHeldBy) return null;
        const was = row.host_key;
        if (was !== hostKey) {
          database.run('update nodes set host_key = ? where name = ?', hostKey, name);
          recordEvent(database, { node: name, at: now, event: 'host key', by, detail: hostKey });
        }
        return { node: toNode({ ...row, host_key: hostKey }), was };
      });
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
    /** One range of an index, whichever filters there are. */
    async list({ machineType, state, after, limit } = {}) {
      const wishes = [
        ['machine_type = ?', machineType],
        ['state = ?', state],
        ['name > ?', after],
      ] as const;
      const given = wishes.flatMap(([condition, value]) =>
        value === undefined ? [] : [{ condition, value }],
      );
      const where = ['true', ...given.map(({ condition }) => condition)].join(' and ');
      const sql = `select * from nodes where ${where} order by name limit ?`;
      return database.all<NodeRow>(sql, ...given.map(({ value }) => value), limit ?? -1).map(toNode);
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

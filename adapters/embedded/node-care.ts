import type { NodeStore } from '../../core/ports/node-store.ts';
import type { Database } from './database.ts';
import { recordEvent, specColumns, toNode } from './node-rows.ts';
import type { NodeRow } from './node-rows.ts';

type Care = Pick<NodeStore, 'beginCleaning' | 'cleaned' | 'mark' | 'describe'>;

/** Cleaning and quarantine. Each method is one transaction of two or three statements. */
export function sqliteNodeCare(database: Database): Care {
  return {
    async beginCleaning(name, now) {
      return database.transaction(() => {
        const row = database.get<NodeRow>(
          `update nodes set state = 'cleaning', fence = fence + 1, state_since = ?
           where name = ? and state = 'dirty' returning *`,
          now,
          name,
        );
        if (row === null) return null;
        const detail = `fence ${row.fence}`;
        recordEvent(database, { node: name, at: now, event: 'cleaning', by: row.provider, detail });
        return { fence: row.fence, node: toNode(row) };
      });
    },
    async cleaned({ name, fence, spec, now }) {
      return database.transaction(() => {
        const row = database.get<NodeRow>(
          `update nodes set state = 'free', reason = null, marked_by = null, description = null, state_since = ?
           where name = ? and state = 'cleaning' and fence = ? returning *`,
          now,
          name,
          fence,
        );
        if (row === null) return 'stale';
        for (const [field, column] of Object.entries(specColumns)) {
          const value = spec[field as keyof typeof specColumns];
          if (value !== undefined) database.run(`update nodes set ${column} = ? where name = ?`, value, name);
        }
        const detail = `fence ${fence}`;
        recordEvent(database, { node: name, at: now, event: 'cleaned', by: row.provider, detail });
        return 'ok';
      });
    },
    async describe({ name, description, by, now }) {
      return database.transaction(() => {
        if (database.run('update nodes set description = ? where name = ?', description, name) === 0)
          return 'stale';
        recordEvent(database, { node: name, at: now, event: 'described', by, detail: description ?? '' });
        return 'ok';
      });
    },
    async mark({ name, fence, ifMarkedBy, state, reason, by, now }) {
      return database.transaction(() => {
        const marked = database.run(
          `update nodes set state = ?1, reason = iif(?1 = 'free', null, ?2), marked_by = iif(?1 = 'free', null, ?6),
             state_since = iif(state = ?1, state_since, ?3)
           where name = ?4 and state <> 'locked' and (?1 <> 'free' or state in ('quarantined', 'dirty', 'free'))
             and (?5 is null or fence = ?5) and (?7 is null or marked_by = ?7)`,
          state,
          reason,
          now,
          name,
          fence ?? null,
          by,
          ifMarkedBy ?? null,
        );
        if (marked === 0) return 'stale';
        recordEvent(database, {
          node: name,
          at: now,
          event: state === 'free' ? 'freed' : state,
          by,
          detail: reason,
        });
        return 'ok';
      });
    },
  };
}

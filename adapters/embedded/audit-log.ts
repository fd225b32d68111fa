import type { AuditLog, AuditRecord } from '../../core/ports/audit.ts';
import type { Database } from './database.ts';

/** The audit record on SQLite. One statement a call. */
export function sqliteAuditLog(database: Database): AuditLog {
  return {
    async record({ at, actor, action, subject, detail }) {
      database.run(
        'insert into audit (at, actor, action, subject, detail) values (?, ?, ?, ?, ?)',
        at,
        actor,
        action,
        subject,
        detail,
      );
    },
    async list(limit, { before, actor, subject } = {}) {
      // Only the conditions that were asked for, so that each form can use its index.
      const wanted = [
        ['id < cast(? as integer)', before],
        ['actor = ?', actor],
        ['subject = ?', subject],
      ].filter((condition): condition is [string, string] => condition[1] !== undefined);
      const where = wanted.length === 0 ? '' : `where ${wanted.map(([sql]) => sql).join(' and ')}`;
      return database
        .all<AuditRecord>(
          `select cast(id as text) as id, at, actor, action, subject, detail from audit ${where} order by audit.id desc limit ?`,
          ...wanted.map(([, value]) => value),
          limit,
        )
        .map((row) => ({ ...row }));
    },
  };
}

import type { AuditEntry, AuditLog } from '../../core/ports/audit.ts';
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
    async list(limit) {
      return database
        .all<AuditEntry>(
          'select at, actor, action, subject, detail from audit order by id desc limit ?',
          limit,
        )
        .map((row) => ({ ...row }));
    },
  };
}

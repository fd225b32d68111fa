import { describeAuditLog } from '../../test/contract/audit-log.ts';
import { openDatabase } from './database.ts';
import { sqliteAuditLog } from './audit-log.ts';

describeAuditLog({
  name: 'SQLite',
  setup: async () => {
    const database = openDatabase(':memory:');
    return { audit: sqliteAuditLog(database), close: () => database.close() };
  },
});

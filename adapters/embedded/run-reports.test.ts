import { describeRunReports } from '../../test/contract/run-reports.ts';
import { openDatabase } from './database.ts';
import { sqliteRunReports } from './run-reports.ts';

describeRunReports({
  name: 'SQLite',
  setup: async () => {
    const database = openDatabase(':memory:');
    return { reports: sqliteRunReports(database), close: () => database.close() };
  },
});

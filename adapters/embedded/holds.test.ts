import { describeHolds } from '../../test/contract/holds.ts';
import { openDatabase } from './database.ts';
import { sqliteHolds } from './holds.ts';

describeHolds({
  name: 'SQLite',
  setup: async () => {
    const database = openDatabase(':memory:');
    return { holds: sqliteHolds(database), close: () => database.close() };
  },
});

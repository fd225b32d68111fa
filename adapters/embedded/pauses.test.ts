import { describePauses } from '../../test/contract/pauses.ts';
import { openDatabase } from './database.ts';
import { sqlitePauses } from './pauses.ts';

describePauses({
  name: 'SQLite',
  setup: async () => {
    const database = openDatabase(':memory:');
    return { pauses: sqlitePauses(database), close: () => database.close() };
  },
});

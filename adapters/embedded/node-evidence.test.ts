import { describeNodeEvidence } from '../../test/contract/node-evidence.ts';
import { openDatabase } from './database.ts';
import { sqliteJobStore } from './job-store.ts';
import { sqliteNodeEvidence } from './node-evidence.ts';
import { sqliteNodeStore } from './node-store.ts';

describeNodeEvidence({
  name: 'SQLite',
  setup: async () => {
    const database = openDatabase(':memory:');
    return {
      jobs: sqliteJobStore(database),
      nodes: sqliteNodeStore(database),
      evidence: sqliteNodeEvidence(database),
      close: () => database.close(),
    };
  },
});

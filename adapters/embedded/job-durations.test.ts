import { describeJobDurations } from '../../test/contract/job-durations.ts';
import { openDatabase } from './database.ts';
import { sqliteJobDurations } from './job-durations.ts';
import { sqliteJobStore } from './job-store.ts';
import { sqliteNodeStore } from './node-store.ts';

describeJobDurations({
  name: 'SQLite',
  setup: async () => {
    const database = openDatabase(':memory:');
    return {
      jobs: sqliteJobStore(database),
      nodes: sqliteNodeStore(database),
      durations: sqliteJobDurations(database),
      close: () => database.close(),
    };
  },
});

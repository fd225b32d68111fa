import { describeJobStore } from '../../test/contract/job-store.ts';
import { setupSqliteStores } from '../../test/contract/sqlite-client.ts';

describeJobStore({ name: 'SQLite', setup: () => setupSqliteStores() });

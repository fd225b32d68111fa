import { describeNodeStore } from '../../test/contract/node-store.ts';
import { setupSqliteStores } from '../../test/contract/sqlite-client.ts';

describeNodeStore({ name: 'SQLite', setup: () => setupSqliteStores() });

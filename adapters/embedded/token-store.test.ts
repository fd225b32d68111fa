import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeTokenStore } from '../../test/contract/token-store.ts';
import { openDatabase } from './database.ts';
import { sqliteTokenStore } from './token-store.ts';

describeTokenStore({
  name: 'SQLite',
  setup: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loligo-tokens-'));
    const database = openDatabase(join(folder, 'lab.sqlite'));
    return {
      store: sqliteTokenStore(database),
      close: () => {
        database.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
});

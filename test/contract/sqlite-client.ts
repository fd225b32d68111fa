import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../adapters/embedded/database.ts';
import { sqliteJobStore } from '../../adapters/embedded/job-store.ts';
import { sqliteNodeStore } from '../../adapters/embedded/node-store.ts';
import type { StoreClient, StoresUnderTest } from './race.ts';

/** A client of the embedded stores; `file` is the lab's database. */
export async function connect(file: string): Promise<StoreClient> {
  const database = openDatabase(file);
  return { jobs: sqliteJobStore(database), nodes: sqliteNodeStore(database), close: () => database.close() };
}

/** Empty embedded stores in a temporary folder, which goes away with `close`. */
export async function setupSqliteStores(
  module = import.meta.url,
): Promise<StoresUnderTest & { readonly file: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-stores-'));
  const file = join(folder, 'lab.sqlite');
  const client = await connect(file);
  return {
    ...client,
    file,
    connect: { module, argument: file },
    close: () => {
      client.close();
      rmSync(folder, { recursive: true });
    },
  };
}

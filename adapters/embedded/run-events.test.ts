import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeRunEvents } from '../../test/contract/run-events.ts';
import { openDatabase } from './database.ts';
import { sqliteJobStore } from './job-store.ts';
import { sqliteLabCounts } from './lab-counts.ts';
import { sqliteRunEvents } from './run-events.ts';

describeRunEvents({
  name: 'SQLite',
  setup: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loligo-events-'));
    const database = openDatabase(join(folder, 'lab.sqlite'));
    return {
      jobs: sqliteJobStore(database),
      events: sqliteRunEvents(database),
      counts: sqliteLabCounts(database),
      close: () => {
        database.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
});

test('runs that are over are not looked at to count those that are not', () => {
  const database = openDatabase(':memory:');
  const plan = database.all<{ detail: string }>(
    'explain query plan select count(*) from runs where queued + waiting + running > 0 or closed = 0',
  );
  expect(plan[0]?.detail).toContain('runs_open');
  database.close();
});

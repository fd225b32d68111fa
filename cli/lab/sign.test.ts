import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../adapters/embedded/database.ts';
import { labPaths, makeLabFolders } from './sign.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-sign-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the database is for its owner only, also in a folder that everybody may look into', () => {
  chmodSync(folder, 0o755);
  const paths = labPaths(folder);
  makeLabFolders(paths);
  const database = openDatabase(paths.database);
  const modes = [paths.database, `${paths.database}-wal`].map((file) => statSync(file).mode & 0o777);
  database.close();
  expect(modes).toEqual([0o600, 0o600]);
});

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../adapters/embedded/database.ts';
import { labFolder } from '../adapters/embedded/lab-folder.ts';
import { sqliteJobStore } from '../adapters/embedded/job-store.ts';
import { cli } from '../test/fixtures/lab-process.ts';

let folder: string;
let archive: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-prune-'));
  archive = labFolder(folder).archive;
  const old = (path: string, text: string, days: number) => {
    const file = join(archive, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    const at = Date.now() / 1000 - days * 86_400;
    utimesSync(file, at, at);
  };
  old('r/1/summary.yaml', 'success: true\n', 20);
  old('r/2/summary.yaml', 'success: false\n', 70);
  old('r/2/remote/a/log', 'x', 70);
  old('r/3/summary.yaml', 'success: true\n', 3);
  old('r/4/teuthology.log', 'no summary\n', 99);
  old('r/5/summary.yaml', 'success: true\n', 20);
  old('r/5/.preserve', '', 20);
  old('kept/6/summary.yaml', 'success: true\n', 20);
  old('kept/.preserve', '', 20);
  old('r/notes/summary.yaml', 'success: true\n', 20);
  symlinkSync(join(archive, 'r'), join(archive, 'linked'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const has = (path: string) => existsSync(join(archive, path));

test('what has had its time goes, and a dry run only says so', async () => {
  const dry = await cli(['prune', '--folder', folder, '--dry-run']);
  expect(dry.output.trim().split('\n')).toEqual([
    'would remove r/1 (pass 20 days ago)',
    'would remove r/2/remote (fail 70 days ago)',
  ]);
  expect(has('r/1')).toBe(true);
  const { output, exitCode } = await cli(['prune', '--folder', folder, '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(output)).toMatchObject([{ path: 'r/1' }, { path: 'r/2/remote' }]);
  expect([has('r/1'), has('r/2/remote'), has('r/2/summary.yaml')]).toEqual([false, false, true]);
  for (const kept of ['r/3', 'r/4', 'r/5', 'kept/6', 'r/notes', 'linked']) expect(has(kept)).toBe(true);
  const again = await cli(['prune', '--folder', folder]);
  expect(again.output.trim()).toBe('');
});

test('old logs are compressed in place, once, and their jobs stay', async () => {
  const days = (count: number) => new Date(Date.now() - count * 86_400_000);
  for (const [job, age] of [
    [2, 70],
    [3, 3],
  ] as const) {
    const log = join(archive, `r/${job}/teuthology.log`);
    writeFileSync(log, 'line\n'.repeat(1000), { mode: 0o640 });
    utimesSync(log, days(age), days(age));
  }
  const prune = async (...options: string[]) =>
    (await cli(['prune', '--folder', folder, '-p', '-1', '-r', '-1', ...options])).output.trim();
  expect(await prune('--dry-run')).toBe('would compress r/2/teuthology.log (fail 70 days ago)');
  expect(await prune('-z', '-1')).toBe('');
  expect(await prune()).toBe('compressed r/2/teuthology.log (fail 70 days ago)');
  expect([has('r/2/teuthology.log'), has('r/3/teuthology.log')]).toEqual([false, true]);
  const { mode, mtimeMs } = statSync(join(archive, 'r/2/teuthology.log.gz'));
  expect([mode & 0o777, Math.round(mtimeMs / 86_400_000)]).toEqual([
    0o640,
    Math.round(days(70).getTime() / 86_400_000),
  ]);
  expect(await prune()).toBe('');
});

test('a job that the lab says is not over stays, whatever its files say', async () => {
  const database = openDatabase(labFolder(folder).database);
  const jobs = sqliteJobStore(database);
  const about = {
    owner: 'a@b',
    machineType: 'x',
    seed: null,
    subset: null,
    noNestedSubset: false,
    sha1: null,
  };
  await jobs.createRun({ ...about, name: 'r', suite: '', now: 1 });
  const job = {
    description: '',
    machineType: 'x',
    nodeCount: 1,
    roleWishes: null,
    osType: null,
    osVersion: null,
    arch: null,
  };
  const [id] = await jobs.enqueue({
    run: 'r',
    jobs: [{ ...job, key: '0', priority: 1, maxSeconds: 1, expiresAt: null, config: '{}' }],
    now: 1,
  });
  database.close();
  expect(id).toBe(1);
  const { output } = await cli(['prune', '--folder', folder, '--fail', '30']);
  expect(output.trim()).toBe('removed r/2 (fail 70 days ago)');
  expect(has('r/1')).toBe(true);
});

test('days that are none are refused, and so is a folder that is not there', async () => {
  expect((await cli(['prune', '--pass', 'soon'])).output).toContain("'soon' is not a number of days");
  const { output, exitCode } = await cli(['prune', '-a', join(folder, 'nope')]);
  expect(exitCode).toBe(1);
  expect(output).toContain(join(folder, 'nope'));
});

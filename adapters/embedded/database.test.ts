import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCleaner } from '../../core/operations/clean-nodes.ts';
import { pyYaml } from '../yaml/yaml.ts';
import { createSweeper } from '../../core/operations/sweep.ts';
import { fakeProvider } from '../../test/fixtures/fake-lab.ts';
import { keptLog, newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import { childLauncher } from './child-launcher.ts';
import { DatabaseTooNewError, openDatabase } from './database.ts';
import { migrations } from './migrations.ts';
import { sqliteHolds } from './holds.ts';
import { sqliteJobStore } from './job-store.ts';
import { sqliteNodeEvidence } from './node-evidence.ts';
import { sqliteNodeStore } from './node-store.ts';

const databaseModule = new URL('./database.ts', import.meta.url).href;
const holder = new URL('../../test/fixtures/lease-holder.ts', import.meta.url).pathname;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-database-'));
  file = join(folder, 'lab.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('openDatabase()', () => {
  test('may be called by several processes at once on a new file', async () => {
    const script = `import('${databaseModule}').then(({ openDatabase }) => openDatabase(process.argv[1]).close())`;
    const opened = Array.from({ length: 4 }, () =>
      promisify(execFile)(process.execPath, ['-e', script, file]),
    );
    await Promise.all(opened);
    const database = openDatabase(file);
    expect(database.get('pragma journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(database.get('select count(*) as runs from runs')).toEqual({ runs: 0 });
    database.close();
  });

  test('brings a file of the first version up to date, with the jobs that it holds', async () => {
    const old = new DatabaseSync(file);
    old.exec(migrations[0] ?? '');
    old.exec(`pragma user_version = 1;
      insert into runs (name, suite, owner, machine_type, no_nested_subset, submitted_at, updated_at, queued)
        values ('r', '', 'me', 'box', 0, 1, 1, 1);
      insert into jobs (run, key, description, machine_type, node_count, priority, max_seconds, submitted_at, config)
        values ('r', 'k', 'old', 'box', 0, 1, 1, 1, '');
      insert into queue (machine_type, priority, job_id) values ('box', 1, 1);`);
    old.close();
    const database = openDatabase(file);
    const jobs = sqliteJobStore(database);
    expect(await jobs.getJob('r', 1)).toMatchObject({ description: 'old', expiresAt: null });
    const [head] = await jobs.queueHead('box', 9);
    if (head === undefined) throw new Error('the job has left the queue');
    for (const without of [
      { owners: ['me'], wishes: [] },
      { owners: [], wishes: [head] },
    ])
      expect(await jobs.queueHead('box', 9, undefined, without)).toEqual([]);
    expect(await jobs.expireQueued({ now: Number.MAX_SAFE_INTEGER, actor: 'me' })).toEqual([]);
    expect(await jobs.claim({ run: 'r', jobId: 1, nodes: [], leaseUntil: 9, now: 2 })).toMatchObject({
      kind: 'claimed',
    });
    database.close();
    openDatabase(file).close();
  });

  test('refuses a file of a newer version', () => {
    const database = openDatabase(file);
    database.run('pragma user_version = 999');
    database.close();
    expect(() => openDatabase(file)).toThrow(DatabaseTooNewError);
  });

  test('a transaction that throws leaves nothing behind', () => {
    const database = openDatabase(file);
    const act = () =>
      database.transaction(() => {
        database.run(`insert into retired_fences (name, fence) values ('a', 1)`);
        throw new Error('half-way');
      });
    expect(act).toThrow('half-way');
    expect(database.all('select * from retired_fences')).toEqual([]);
    database.close();
  });

  test('the schema itself refuses to change a final status or to lower a fence', async () => {
    const database = openDatabase(file);
    const jobs = sqliteJobStore(database);
    await sqliteNodeStore(database).register([nodeSpec('a')], 1);
    await jobs.createRun(newRun('r'));
    await jobs.enqueue({ run: 'r', jobs: [newJob('k')], now: 1 });
    await jobs.kill({ run: 'r', actor: 'me', reason: 'no', now: 2 });
    expect(() => database.run(`update jobs set status = 'pass'`)).toThrow('a final status never changes');
    expect(() => database.run('update nodes set fence = -1')).toThrow('a fence never falls');
    database.close();
  });
});

describe('a process that is killed while it holds leases', () => {
  test.each(['running', 'waiting', 'in a transaction'])(
    '(%s) leaves no node locked and no job unfinished',
    async (moment) => {
      const database = openDatabase(file);
      const jobs = sqliteJobStore(database);
      const nodes = sqliteNodeStore(database);
      await nodes.register([nodeSpec('a'), nodeSpec('b')], 1);
      await jobs.createRun(newRun('r'));
      const [jobId = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob('k', { nodeCount: 2 })], now: 1 });

      const child = spawn(process.execPath, [holder, file, moment], { stdio: ['ignore', 'pipe', 'inherit'] });
      const pass = await new Promise<string>((resolve) =>
        child.stdout.once('data', (data) => resolve(String(data).trim())),
      );
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
      expect(pass).toBe(moment);

      const clock = { time: Date.now(), now: () => clock.time };
      const clean = async () => ({});
      const ports = {
        jobs,
        nodes,
        evidence: sqliteNodeEvidence(database),
        holds: sqliteHolds(database),
        clock,
        log: keptLog(),
        yaml: pyYaml,
        launcher: childLauncher({ folder, runnerMain: '', archiveUrl: null, env: {} }),
        providers: new Map([['shelf', fakeProvider('shelf', clean)]]),
        wakeups: { poke: async () => {} },
      };
      const sweeper = createSweeper(ports);
      for (let second = 0; second <= 90; second += 5) {
        await sweeper.sweep();
        clock.time += 5000;
      }
      const cleaner = createCleaner(ports, { sole: true });
      await cleaner.pass();
      await cleaner.idle();
      expect((await nodes.list()).map((node) => node.state)).toEqual(['free', 'free']);
      const expected = moment === 'running' ? { status: 'dead', actor: 'sweeper' } : { status: 'queued' };
      expect(await jobs.getJob('r', jobId)).toMatchObject(expected);
      expect(await jobs.claim({ run: 'r', jobId, nodes: ['a', 'b'], leaseUntil: 1, now: 1 })).toMatchObject({
        kind: moment === 'running' ? 'refused' : 'claimed',
      });
      database.close();
    },
  );
});

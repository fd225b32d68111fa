import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { childLauncher } from '../adapters/embedded/child-launcher.ts';
import type { ChildLauncher } from '../adapters/embedded/child-launcher.ts';
import { openDatabase } from '../adapters/embedded/database.ts';
import type { Database } from '../adapters/embedded/database.ts';
import { sqliteJobStore } from '../adapters/embedded/job-store.ts';
import { sqliteNodeStore } from '../adapters/embedded/node-store.ts';
import { sqlitePauses } from '../adapters/embedded/pauses.ts';
import { dispatch } from '../core/operations/dispatch.ts';
import type { JobRecord } from '../core/ports/job-store.ts';
import { isFinal } from '../core/results/job-state.ts';
import { keptLog, newJob, newRun } from '../test/fixtures/lab-records.ts';

const runnerMain = fileURLToPath(new URL('./main.ts', import.meta.url));
const patience = { timeout: 40_000, interval: 100 };

let folder: string;
let database: Database;
let launcher: ChildLauncher;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-runner-'));
  database = openDatabase(join(folder, 'lab.sqlite'));
  launcher = childLauncher({
    folder,
    runnerMain,
    archiveUrl: null,
    env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder },
    idle: 1,
  });
});
afterEach(async () => {
  for (const job of await sqliteJobStore(database).listJobs({ statuses: ['waiting', 'running'], limit: 9 })) {
    if (job.runner !== null) await launcher.stop(job.runner, { force: true });
  }
  await launcher.close();
  database.close();
  rmSync(folder, { recursive: true });
});

/** Queues one job without nodes, starts it, and says how to see what becomes of it. */
async function startedJob(config: string) {
  const jobs = sqliteJobStore(database);
  const ports = {
    jobs,
    nodes: sqliteNodeStore(database),
    pauses: sqlitePauses(database),
    launcher,
    clock: { now: () => Date.now() },
    log: keptLog(),
  };
  await jobs.createRun(newRun('r'));
  const [jobId = 0] = await jobs.enqueue({
    run: 'r',
    jobs: [newJob('k', { nodeCount: 0, config })],
    now: Date.now(),
  });
  await dispatch(ports, { maxRunners: null });
  const until = async (wanted: (job: JobRecord) => boolean): Promise<JobRecord> =>
    vi.waitFor(async () => {
      const job = await jobs.getJob('r', jobId);
      if (job === null || !wanted(job)) throw new Error(`job ${jobId} is ${job?.status}`);
      return job;
    }, patience);
  const log = () => readFileSync(join(folder, 'archive', 'r', String(jobId), 'teuthology.log'), 'utf8');
  return { jobs, jobId, until, log };
}

test('a job that passes is in the store, and its log in the archive', async () => {
  const { until, log } = await startedJob('tasks: [{print: hello from the job}]');
  const job = await until(({ status }) => isFinal(status));
  expect(job).toMatchObject({ status: 'pass', actor: 'runner', failureReason: null });
  expect(job.durationSeconds).toBeGreaterThanOrEqual(0);
  expect(log()).toContain('hello from the job');
  const archived = readFileSync(join(folder, 'archive', 'r', String(job.jobId), 'orig.config.yaml'), 'utf8');
  expect(archived).toContain(`archive_path: ${join(folder, 'archive', 'r', String(job.jobId))}`);
  await vi.waitFor(async () => expect(await launcher.isAlive(job.runner ?? '')).toBe(false), patience);
});

test('an idle runner that has loaded its modules executes a job that fails, which says why', async () => {
  const log = await vi.waitFor(() => {
    const name = readdirSync(join(folder, 'runners')).find((each) => each.startsWith('idle.')) ?? '';
    expect(name).not.toBe('');
    return statSync(join(folder, 'runners', name));
  }, patience);
  const { jobId, until } = await startedJob('tasks: [{no_such_task: null}]');
  const job = await until(({ status }) => isFinal(status));
  expect(job).toMatchObject({ status: 'fail', failureReason: expect.stringContaining('no_such_task') });
  const output = join(folder, 'archive', 'r', String(jobId), `supervisor.${jobId}.log`);
  expect(statSync(output).ino).toBe(log.ino);
});

test('SIGTERM makes it unwind and end as dead, in the name of who asked', async () => {
  const { jobs, until, log } = await startedJob('tasks: [{sleep: {duration: 600}}]');
  const { runner } = await until(({ status }) => status === 'running');
  await vi.waitFor(() => expect(log()).toContain('sleep'), patience);
  await jobs.kill({ run: 'r', actor: 'alice', reason: 'wrong branch', now: Date.now() });
  await launcher.stop(runner ?? '', { force: false });
  const job = await until(({ status }) => isFinal(status));
  expect(job).toMatchObject({ status: 'dead', actor: 'alice', failureReason: 'wrong branch' });
  expect(log()).toMatch(/DEAD/);
});

test('a second SIGTERM ends even the unwinding', async () => {
  const suite = join(folder, 'suite');
  mkdirSync(join(suite, 'tasks'), { recursive: true });
  const slow = `export const task = async (ctx) => ctx.defer(async () => {
    ctx.log.info('the undo begins');
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  });`;
  writeFileSync(join(suite, 'tasks', 'slow.js'), slow);
  const tasks = 'tasks: [{slow: null}, {sleep: {duration: 600}}]';
  const { until, log } = await startedJob(`suite_path: ${suite}\n${tasks}\n`);
  const { runner } = await until(({ status }) => status === 'running');
  await vi.waitFor(() => expect(log()).toContain('Sleeping for'), patience);
  await launcher.stop(runner ?? '', { force: false });
  await vi.waitFor(() => expect(log()).toContain('the undo begins'), patience);
  await launcher.stop(runner ?? '', { force: false });
  const job = await until(({ status }) => isFinal(status));
  expect(job).toMatchObject({
    status: 'dead',
    failureReason: expect.stringMatching(/^killed: its runner was told to end/),
  });
  expect(log()).toContain('Unwinding was cut short');
});

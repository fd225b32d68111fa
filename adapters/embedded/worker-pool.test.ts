import { expect, test } from 'vitest';
import { dispatch } from '../../core/operations/dispatch.ts';
import { LauncherBusyError } from '../../core/ports/launcher.ts';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import { workerPool } from './worker-pool.ts';

/** A lab with two boxes, which workers serve, and a rack, which it serves itself; a job for each of the types. */
async function labWithWorkers() {
  const lab = fakeLab();
  const poked: string[] = [];
  const pool = workerPool({
    machineTypes: ['box'],
    others: lab.launcher,
    onWaiting: (type) => poked.push(type),
  });
  await lab.nodes.register([nodeSpec('a'), nodeSpec('b'), nodeSpec('r', { machineType: 'rack' })], 1);
  await lab.jobs.createRun(newRun('r'));
  const jobs = [newJob('1'), newJob('2'), newJob('3', { machineType: 'rack' })];
  const ids = await lab.jobs.enqueue({ run: 'r', jobs, now: 2 });
  const wait = (signal = new AbortController().signal) =>
    pool.workers.next({ machineType: 'box', worker: 'w', waitMs: 5000, signal });
  return { lab: { ...lab, launcher: pool.launcher }, children: lab.launcher, pool, poked, ids, wait };
}

test('a job goes to the worker that waits for its type, and the others wait with the reason and hold nothing', async () => {
  const { lab, children, poked, ids, wait } = await labWithWorkers();
  const none = await dispatch(lab, { maxRunners: null });
  expect(none).toMatchObject({ started: 1 });
  expect(none.waiting.map((job) => [job.jobId, job.reason])).toEqual([
    [ids[0], 'no worker for box waits for a job'],
    [ids[1], 'no worker for box waits for a job'],
  ]);
  expect(children.launched.map((launch) => launch.attempt.jobId)).toEqual([ids[2]]);
  const waiting = wait();
  expect(poked).toEqual(['box']);
  expect((await dispatch(lab, { maxRunners: null })).started).toBe(1);
  expect((await waiting)?.attempt.jobId).toBe(ids[0]);
  expect(await lab.jobs.getJob('r', ids[1] ?? 0)).toMatchObject({ status: 'queued', attempt: 0 });
  expect(await lab.nodes.get('b')).toMatchObject({ state: 'free' });
});

test('a worker that went away gets nothing', async () => {
  const { lab, pool, ids, wait } = await labWithWorkers();
  const gone = new AbortController();
  const waiting = wait(gone.signal);
  gone.abort();
  expect(await waiting).toBeNull();
  expect(await pool.launcher.unready?.('box')).toBe('no worker for box waits for a job');
  await dispatch(lab, { maxRunners: null });
  expect(await lab.jobs.getJob('r', ids[0] ?? 0)).toMatchObject({ status: 'queued' });
  const [node] = await lab.nodes.list({ machineType: 'box' });
  const attempt = { run: 'r', jobId: 1, fence: 1 };
  await expect(
    pool.launcher.launch({ attempt, attemptNumber: 1, nodes: node ? [node] : [] }),
  ).rejects.toThrow(LauncherBusyError);
});

test('a runner of a worker may be alive as long as its lease says so', async () => {
  const { pool } = await labWithWorkers();
  expect(await pool.launcher.isAlive('worker rack: pid 1')).toBe(true);
  expect(await pool.launcher.isAlive('runner 99')).toBe(false);
  await pool.launcher.stop('worker rack: pid 1', { force: true });
});

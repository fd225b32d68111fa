import { expect, test } from 'vitest';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import { dispatch, whyItWaits } from './dispatch.ts';

const everyone = { maxRunners: null };

async function labWith(nodes: number, jobs: Parameters<typeof newJob>[1][]) {
  const lab = fakeLab();
  await lab.nodes.register(
    Array.from({ length: nodes }, (_, i) => nodeSpec(`n${i}`)),
    1,
  );
  await lab.jobs.createRun(newRun('r'));
  const ids = await lab.jobs.enqueue({
    run: 'r',
    jobs: jobs.map((changes, i) => newJob(`${i}`, changes)),
    now: 2,
  });
  return { lab, ids };
}

test('starts what can start with its nodes, and says why the others wait', async () => {
  const { lab, ids } = await labWith(2, [{ nodeCount: 2 }, {}, { osType: 'ubuntu' }]);
  const result = await dispatch(lab, everyone);
  expect(result.started).toBe(1);
  expect(lab.launcher.launched[0]).toMatchObject({ attempt: { run: 'r', jobId: ids[0] }, attemptNumber: 1 });
  expect(lab.launcher.launched[0]?.nodes.map((node) => node.name)).toEqual(['n0', 'n1']);
  expect(whyItWaits(result, { jobId: ids[1] ?? 0 })).toContain('n0');
  expect(whyItWaits(result, { jobId: ids[2] ?? 0 })).toContain('not ubuntu');
  expect((await lab.jobs.getJob('r', ids[0] ?? 0))?.leaseUntil).toBe(lab.clock.time + 60_000);
});

test('starts nothing twice', async () => {
  const { lab } = await labWith(3, [{}, {}, {}, {}]);
  const results = await Promise.all([dispatch(lab, everyone), dispatch(lab, everyone)]);
  expect(results.reduce((sum, result) => sum + result.started, 0)).toBe(3);
  expect(new Set(lab.launcher.launched.map(({ attempt }) => attempt.jobId)).size).toBe(3);
});

test('keeps to the number of runners, counting those that run already', async () => {
  const { lab } = await labWith(0, [{ nodeCount: 0 }, { nodeCount: 0 }, { nodeCount: 0 }]);
  expect((await dispatch(lab, { maxRunners: 2 })).started).toBe(2);
  expect((await dispatch(lab, { maxRunners: 2 })).started).toBe(0);
  expect((await dispatch(lab, { maxRunners: 3 })).started).toBe(1);
});

test('a claim whose runner cannot be started is undone, and the pass ends', async () => {
  const { lab, ids } = await labWith(2, [{}, {}]);
  lab.launcher.broken = new Error('cannot start a runner', { cause: new Error('no memory') });
  expect((await dispatch(lab, everyone)).started).toBe(0);
  expect(await lab.jobs.getJob('r', ids[0] ?? 0)).toMatchObject({ status: 'queued', attempt: 1 });
  expect(await lab.jobs.getJob('r', ids[1] ?? 0)).toMatchObject({ status: 'queued', attempt: 0 });
  expect(await lab.nodes.list({ state: 'free' })).toHaveLength(2);
  lab.launcher.broken = null;
  expect((await dispatch(lab, everyone)).started).toBe(2);
});

test('a job whose runner never comes up is given up at last, with the reason', async () => {
  const { lab, ids } = await labWith(1, [{}]);
  lab.launcher.broken = new Error('cannot start a runner', { cause: new Error('no memory') });
  for (let pass = 0; pass < 5; pass++) await dispatch(lab, everyone);
  expect(await lab.jobs.getJob('r', ids[0] ?? 0)).toMatchObject({
    status: 'dead',
    actor: 'dispatcher',
    failureReason: expect.stringContaining('no memory'),
  });
  expect(await lab.nodes.list({ state: 'free' })).toHaveLength(1);
});

test('jobs that can never start do not hide those behind them, however many they are', async () => {
  const impossible = Array.from({ length: 30 }, () => ({ nodeCount: 5, priority: 1 }));
  const { lab, ids } = await labWith(1, [...impossible, {}]);
  const result = await dispatch(lab, { maxRunners: null, windowSize: 4 });
  expect(lab.launcher.launched.map(({ attempt }) => attempt.jobId)).toEqual([ids.at(-1)]);
  expect(result.waiting).toHaveLength(30);
});

test('a queue longer than the window is worked through in one call', async () => {
  const { lab } = await labWith(
    0,
    Array.from({ length: 25 }, () => ({ nodeCount: 0 })),
  );
  expect((await dispatch(lab, { maxRunners: null, windowSize: 4 })).started).toBe(25);
});

test('a job of several types does not overtake those that stand before it in an unread part of a queue', async () => {
  const lab = fakeLab();
  await lab.nodes.register([nodeSpec('box'), nodeSpec('rack', { machineType: 'rack' })], 1);
  await lab.jobs.createRun(newRun('r'));
  const boxes = Array.from({ length: 6 }, (_, i) => newJob(`box ${i}`));
  const both = newJob('both', { machineType: 'box,rack', nodeCount: 2 });
  const ids = await lab.jobs.enqueue({ run: 'r', jobs: [...boxes, both], now: 2 });
  await dispatch(lab, { maxRunners: null, windowSize: 2 });
  expect(lab.launcher.launched.map(({ attempt }) => attempt.jobId)).toEqual([ids[0]]);
});

import { expect, test } from 'vitest';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import { dispatch, whyJobsWait } from './dispatch.ts';
import { whyByPlan } from './wait-reasons.ts';
import type { DispatchResult } from './dispatch.ts';
import { createLaunchOutage } from './launch-outage.ts';

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

function whyWaiting(result: DispatchResult, jobId: number | undefined): string | undefined {
  return result.waiting.find((waiting) => waiting.jobId === jobId)?.reason;
}

test('starts what can start with its nodes, and says why the others wait', async () => {
  const { lab, ids } = await labWith(2, [{ nodeCount: 2 }, {}, { osType: 'ubuntu' }]);
  const { waiting: foreseen } = await whyJobsWait(lab, everyone);
  expect(await lab.nodes.list({ state: 'free' })).toHaveLength(2);
  const result = await dispatch(lab, everyone);
  expect(foreseen.map(({ jobId }) => jobId)).toEqual([ids[1], ids[2]]);
  expect(result.started).toBe(1);
  expect(lab.launcher.launched[0]).toMatchObject({ attempt: { run: 'r', jobId: ids[0] }, attemptNumber: 1 });
  expect(lab.launcher.launched[0]?.nodes.map((node) => node.name)).toEqual(['n0', 'n1']);
  expect(whyWaiting(result, ids[1])).toContain('n0');
  expect(whyWaiting(result, ids[2])).toContain('not ubuntu');
  expect((await lab.jobs.getJob('r', ids[0] ?? 0))?.leaseUntil).toBe(lab.clock.time + 60_000);
});

test('a paused queue starts nothing until its time is over, and says by whom and why', async () => {
  const { lab, ids } = await labWith(1, [{}]);
  const since = lab.clock.time;
  const pause = { by: 'ann@lab', reason: 'new images', since, until: since + 60_000 };
  for (const machineType of ['box', '*']) {
    await lab.pauses.pause({ ...pause, machineType });
    const result = await dispatch(lab, everyone);
    expect(result.started).toBe(0);
    expect(whyWaiting(result, ids[0])).toMatch(/paused by ann@lab until 1970-01-01T00:17:40Z: new images$/);
    expect(await lab.pauses.resume(machineType, lab.clock.time)).toBe('ok');
  }
  await lab.pauses.pause({ ...pause, machineType: 'box' });
  lab.clock.time = pause.until;
  expect((await dispatch(lab, everyone)).started).toBe(1);
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
  expect(await lab.jobs.getJob('r', ids[0] ?? 0)).toMatchObject({ status: 'queued', attempt: 0 });
  expect(await lab.jobs.getJob('r', ids[1] ?? 0)).toMatchObject({ status: 'queued', attempt: 0 });
  expect(await lab.nodes.list({ state: 'free' })).toHaveLength(2);
  lab.launcher.broken = null;
  expect((await dispatch(lab, everyone)).started).toBe(2);
});

test('a launcher that is out of order costs no job an attempt, is tried less and less often, and says so', async () => {
  const { lab, ids } = await labWith(1, [{}, {}]);
  const options = { ...everyone, outage: createLaunchOutage() };
  lab.launcher.broken = new Error('cannot start a runner', { cause: new Error('no memory') });
  let tries = 0;
  const launch: typeof lab.launcher.launch = async (params) => ((tries += 1), lab.launcher.launch(params));
  const ports = { ...lab, launcher: { ...lab.launcher, launch } };
  const begin = lab.clock.time;
  for (; lab.clock.time < begin + 600_000; lab.clock.time += 1000) {
    const { waiting } = await dispatch(ports, options);
    expect(waiting[0]?.reason).toMatch(
      /no runner could be started: cannot start a runner: no memory; trying again at \d{4}-/,
    );
  }
  expect(tries).toBe(24); // 5 within the first half minute, then one each half minute
  expect(await lab.jobs.getJob('r', ids[0] ?? 0)).toMatchObject({ status: 'queued', attempt: 0 });
  expect(await lab.nodes.list({ state: 'free' })).toHaveLength(1);
  lab.launcher.broken = null;
  lab.clock.time += 60_000;
  expect((await dispatch(ports, options)).started).toBe(1);
});

/** A launcher that fails for the given jobs alone. */
function failsFor(lab: ReturnType<typeof fakeLab>, jobIds: readonly number[]) {
  const launch: typeof lab.launcher.launch = async (params) => {
    if (jobIds.includes(params.attempt.jobId)) throw new Error('its name is too long');
    return lab.launcher.launch(params);
  };
  return { ...lab, launcher: { ...lab.launcher, launch } };
}

test('jobs that alone cannot be launched block nobody, not even by their node, and are given up with the reason', async () => {
  const { lab, ids } = await labWith(1, [
    { priority: 1 },
    { priority: 1 },
    ...Array.from({ length: 20 }, () => ({})),
  ]);
  const bad = ids.slice(0, 2);
  const ports = failsFor(lab, bad);
  const options = { ...everyone, outage: createLaunchOutage() };
  for (let pass = 0; pass < 300; pass++) {
    await dispatch(ports, options);
    lab.clock.time += 1000;
    const live = await lab.jobs.listJobs({ statuses: ['waiting'], limit: 9 });
    for (const { run, jobId, fence } of live) {
      const attempt = { run, jobId, fence: fence ?? 0 };
      const outcome = { status: 'pass', failureReason: null, actor: 'runner' } as const;
      await lab.jobs.finish(attempt, {
        ...outcome,
        durationSeconds: 1,
        nodesClean: true,
        now: lab.clock.time,
      });
    }
  }
  expect(await lab.jobs.getRun('r')).toMatchObject({ counts: { pass: 20, dead: 2, queued: 0 } });
  expect(await lab.jobs.getJob('r', bad[0] ?? 0)).toMatchObject({
    actor: 'dispatcher',
    failureReason: 'no runner could be started: its name is too long (5 attempts)',
  });
});

test('a runner that started although its launch failed keeps its job, when the job is blamed for the last time too', async () => {
  const { lab, ids } = await labWith(1, [{}]);
  const options = { ...everyone, outage: createLaunchOutage() };
  const jobId = ids[0] ?? 0;
  for (let attempt = 1; attempt < 5; attempt++) {
    const now = lab.clock.time;
    const claim = await lab.jobs.claim({ run: 'r', jobId, nodes: ['n0'], leaseUntil: now + 1, now });
    if (claim.kind === 'claimed') await lab.jobs.unclaim(claim.attempt, now);
  }
  options.outage.failed({ jobId, reason: 'it failed before', now: 0 });
  options.outage.worked(999);
  const launch: typeof lab.launcher.launch = async ({ attempt }) => {
    await lab.jobs.start(attempt, { runner: 'runner', now: lab.clock.time });
    throw new Error('the process was not seen in time');
  };
  await dispatch({ ...lab, launcher: { ...lab.launcher, launch } }, options);
  expect(await lab.jobs.getJob('r', jobId)).toMatchObject({ status: 'running', attempt: 5 });
});

test('a job that expired is not started, and its nodes go to those behind it', async () => {
  const { lab, ids } = await labWith(1, [{ expiresAt: 1_000_000 }, {}]);
  await dispatch(lab, everyone);
  expect(lab.launcher.launched.map(({ attempt }) => attempt.jobId)).toEqual([ids[1]]);
});

test('jobs that can never start do not hide those behind them, however many they are', async () => {
  const impossible = Array.from({ length: 30 }, () => ({ nodeCount: 5, priority: 1 }));
  const { lab, ids } = await labWith(1, [...impossible, {}]);
  let read = 0;
  const jobs: typeof lab.jobs = {
    ...lab.jobs,
    async queueHead(...params) {
      const page = await lab.jobs.queueHead(...params);
      read += page.length;
      return page;
    },
  };
  const result = await dispatch({ ...lab, jobs }, { maxRunners: null, windowSize: 4 });
  expect(lab.launcher.launched.map(({ attempt }) => attempt.jobId)).toEqual([ids.at(-1)]);
  expect(read).toBeLessThan(10);
  const why = whyByPlan(result);
  for (const jobId of ids.slice(0, -1)) {
    const job = await lab.jobs.getJob('r', jobId);
    expect(job && why(job)).toMatchObject({
      run: 'r',
      jobId,
      reason: expect.stringMatching(/^can never start: it needs 5/),
    });
  }
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

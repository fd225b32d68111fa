import { expect, test } from 'vitest';
import { dispatch } from '../../core/operations/dispatch.ts';
import { createSweeper } from '../../core/operations/sweep.ts';
import type { LaunchParams } from '../../core/ports/launcher.ts';
import { fakeLab } from '../fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';

/** What chaos has found, each as the shortest story that shows it. */

async function labWithJobs(count: number) {
  const lab = fakeLab();
  await lab.nodes.register(
    Array.from({ length: count }, (_, i) => nodeSpec(`n${i}`)),
    1,
  );
  await lab.jobs.createRun(newRun('r'));
  const jobs = Array.from({ length: count }, (_, i) => newJob(`${i}`));
  const ids = await lab.jobs.enqueue({ run: 'r', jobs, now: 2 });
  return { lab, ids };
}

test('a runner that started although its launch was reported as failed keeps its job and its nodes, at the last try too', async () => {
  const { lab, ids } = await labWithJobs(1);
  let launches = 0;
  const launch = async ({ attempt }: LaunchParams): Promise<string> => {
    launches += 1;
    if (launches === 5) await lab.jobs.start(attempt, { runner: 'runner', now: lab.clock.time });
    throw new Error('the process was not seen in time');
  };
  for (let pass = 0; pass < 5; pass++)
    await dispatch({ ...lab, launcher: { ...lab.launcher, launch } }, { maxRunners: null });
  expect(await lab.jobs.getJob('r', ids[0] ?? 0)).toMatchObject({ status: 'running', runner: 'runner' });
  expect(await lab.nodes.get('n0')).toMatchObject({ state: 'locked' });
});

test('a runner that starts while the sweeper gives its last claim up is not ended, nor are its nodes called clean', async () => {
  const { lab, ids } = await labWithJobs(1);
  for (let attempt = 0; attempt < 4; attempt++) {
    const claim = await lab.jobs.claim({
      run: 'r',
      jobId: ids[0] ?? 0,
      nodes: ['n0'],
      leaseUntil: 1,
      now: 1,
    });
    if (claim.kind === 'claimed') await lab.jobs.unclaim(claim.attempt, 1);
  }
  await dispatch(lab, { maxRunners: null });
  const [launched] = lab.launcher.launched;
  const listJobs: typeof lab.jobs.listJobs = async (filter) => {
    const seen = await lab.jobs.listJobs(filter);
    if (launched !== undefined && lab.clock.time > 1_060_000)
      await lab.jobs.start(launched.attempt, { runner: 'late', now: lab.clock.time });
    return seen;
  };
  const sweeper = createSweeper({ ...lab, jobs: { ...lab.jobs, listJobs } });
  for (let pass = 0; pass < 7; pass++) {
    await sweeper.sweep();
    lab.clock.time += 10_000;
  }
  await sweeper.sweep();
  expect(await lab.jobs.getJob('r', ids[0] ?? 0)).toMatchObject({ status: 'running', runner: 'late' });
});

test('a runner that nobody can ask about does not keep the nodes of others', async () => {
  const { lab } = await labWithJobs(3);
  await dispatch(lab, { maxRunners: null });
  for (const [index, { attempt }] of lab.launcher.launched.entries())
    await lab.jobs.start(attempt, { runner: `runner ${index + 1}`, now: lab.clock.time });
  lab.launcher.alive.clear();
  const isAlive = async (runner: string): Promise<boolean> => {
    if (runner === 'runner 1') throw new Error('its machine does not answer');
    return false;
  };
  const sweeper = createSweeper({ ...lab, launcher: { ...lab.launcher, isAlive } });
  await sweeper.sweep();
  const running = await lab.jobs.listJobs({ statuses: ['running'], limit: 10 });
  expect(running.map((job) => job.runner)).toEqual(['runner 1']);
  for (let pass = 0; pass < 9; pass++) {
    lab.clock.time += 10_000;
    await sweeper.sweep();
  }
  expect(await lab.nodes.list({ state: 'dirty' })).toHaveLength(3);
});

test('a clock that is set back does not prolong a claim whose runner never started', async () => {
  const { lab } = await labWithJobs(1);
  const sweeper = createSweeper(lab);
  await sweeper.sweep();
  await dispatch(lab, { maxRunners: null });
  lab.clock.time -= 3_600_000;
  for (let pass = 0; pass < 9; pass++) {
    await sweeper.sweep();
    lab.clock.time += 10_000;
  }
  expect(await lab.nodes.list({ state: 'free' })).toHaveLength(1);
});

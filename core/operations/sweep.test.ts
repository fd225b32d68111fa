import { expect, test } from 'vitest';
import { newJob, nodeSpec } from '../../test/fixtures/lab-records.ts';
import { runningLab } from '../../test/fixtures/running-lab.ts';
import { dispatch } from './dispatch.ts';
import { createSweeper } from './sweep.ts';

test('a job whose runner vanished is dead at the next pass, and its nodes are to be cleaned', async () => {
  const { lab, jobId, pass, job } = await runningLab();
  lab.launcher.alive.clear();
  expect((await pass(10)).ended).toEqual([jobId]);
  expect(await job()).toMatchObject({
    status: 'dead',
    actor: 'sweeper',
    failureReason: 'its runner (runner 1) vanished',
  });
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'dirty' });
  expect((await pass(60)).ended).toEqual([]);
});

test('a runner that hangs is killed when its lease is over, within 90 seconds', async () => {
  const { lab, jobId, pass, job } = await runningLab();
  expect((await pass(60)).ended).toEqual([]);
  expect((await pass(30)).ended).toEqual([jobId]);
  expect(lab.launcher.stopped).toEqual(['runner 1 by force']);
  expect((await job())?.failureReason).toContain('did not renew the lease');
});

test('a runner that renews lives', async () => {
  const { lab, attempt, pass } = await runningLab();
  for (let i = 0; i < 20; i++) {
    const now = lab.clock.time;
    await lab.jobs.renew(attempt, { leaseUntil: now + 60_000, now });
    expect((await pass(30)).ended).toEqual([]);
  }
});

test('after the whole machine slept, runners get a moment to renew', async () => {
  const { lab, attempt, pass, sweeper } = await runningLab();
  lab.clock.time += 3_600_000;
  expect((await sweeper.sweep()).ended).toEqual([]);
  lab.clock.time += 10_000;
  expect((await sweeper.sweep()).ended).toEqual([]);
  await lab.jobs.renew(attempt, { leaseUntil: lab.clock.time + 60_000, now: lab.clock.time });
  expect((await pass(50)).ended).toEqual([]);
  expect((await pass(40)).ended).toHaveLength(1);
});

test('a clock that is set back does not stop the sweeping for long', async () => {
  const { lab, jobId, attempt, pass } = await runningLab();
  lab.clock.time -= 5 * 3_600_000;
  await lab.jobs.renew(attempt, { leaseUntil: lab.clock.time + 60_000, now: lab.clock.time });
  expect((await pass(100)).ended).toEqual([jobId]);
});

test('a restarted lab still ends what hung while it was away', async () => {
  const { lab, jobId } = await runningLab();
  lab.clock.time += 600_000;
  const restarted = createSweeper(lab);
  expect((await restarted.sweep()).ended).toEqual([]);
  lab.clock.time += 20_000;
  expect((await restarted.sweep()).ended).toEqual([jobId]);
});

test('a claim whose runner never started goes back to the queue, a few times', async () => {
  const { lab, jobId, pass, job } = await runningLab({ started: false });
  expect((await pass(80)).requeued).toEqual([jobId]);
  expect(await job()).toMatchObject({ status: 'queued' });
  for (let attempt = 2; attempt <= 5; attempt++) {
    await dispatch(lab, { maxRunners: null });
    await pass(80);
  }
  expect(await job()).toMatchObject({
    status: 'dead',
    attempt: 5,
    failureReason: expect.stringContaining('never started'),
  });
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'free' });
});

test('a runner that does not obey a kill is ended by force, in the name of who asked', async () => {
  const { lab, jobId, attempt, pass, job } = await runningLab();
  await lab.jobs.kill({ run: 'r', actor: 'alice', reason: 'wrong branch', now: lab.clock.time });
  for (let i = 0; i < 5; i++) {
    const now = lab.clock.time;
    await lab.jobs.renew(attempt, { leaseUntil: now + 60_000, now });
    expect((await pass(30)).ended).toEqual([]);
  }
  const now = lab.clock.time;
  await lab.jobs.renew(attempt, { leaseUntil: now + 60_000, now });
  expect((await pass(30)).ended).toEqual([jobId]);
  expect(lab.launcher.stopped).toEqual(['runner 1 by force']);
  expect(await job()).toMatchObject({
    actor: 'alice',
    failureReason: expect.stringContaining('wrong branch'),
  });
});

test('a job that overran its deadline and the time to unwind is ended', async () => {
  const { lab, jobId, attempt, pass, job } = await runningLab({ maxSeconds: 60 });
  const ended = [];
  for (let i = 0; i < 10; i++) {
    const now = lab.clock.time;
    await lab.jobs.renew(attempt, { leaseUntil: now + 60_000, now });
    ended.push(...(await pass(30)).ended);
  }
  expect(ended).toEqual([jobId]);
  expect((await job())?.failureReason).toBe('hit max job timeout');
});

test('a runner that nobody can kill is asked to end, and keeps its nodes as long as its lease', async () => {
  const { lab, jobId, attempt, pass, job } = await runningLab({ maxSeconds: 60 });
  lab.launcher.stop = async () => {};
  const renew = async () => {
    const now = lab.clock.time;
    return (await lab.jobs.renew(attempt, { leaseUntil: now + 60_000, now })).kind;
  };
  while ((await renew()) === 'ok') expect((await pass(30)).ended).toEqual([]);
  expect(await job()).toMatchObject({ status: 'running', killRequested: { actor: 'sweeper' } });
  for (let i = 0; i < 10; i++) {
    await renew();
    expect((await pass(30)).ended).toEqual([]);
  }
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'locked' });
  expect((await pass(60)).ended).toEqual([jobId]);
  expect((await job())?.failureReason).toBe('hit max job timeout (by force: it did not end by itself)');
});

test('jobs that expire in the queue are dead at the next pass, those that run go on', async () => {
  const { lab, attempt, pass } = await runningLab();
  const soon = lab.clock.time + 15_000;
  const jobs = [newJob('old', { expiresAt: soon }), newJob('young', { expiresAt: soon + 60_000 })];
  const [old, young] = await lab.jobs.enqueue({ run: 'r', jobs, now: lab.clock.time });
  expect((await pass(10)).ended).toEqual([]);
  await lab.jobs.renew(attempt, { leaseUntil: lab.clock.time + 60_000, now: lab.clock.time });
  expect((await pass(10)).ended).toEqual([old]);
  expect(await lab.jobs.getJob('r', old ?? 0)).toMatchObject({
    status: 'dead',
    actor: 'sweeper',
    failureReason: `expired at ${new Date(soon).toISOString()}: it was still queued`,
  });
  expect(await lab.jobs.getJob('r', young ?? 0)).toMatchObject({ status: 'queued' });
  expect((await lab.jobs.getRun('r'))?.counts).toMatchObject({ running: 1, queued: 1, dead: 1 });
});

test('a store that cannot end expired jobs does not keep the sweeper from the others', async () => {
  const { lab, jobId, sweeper } = await runningLab();
  lab.launcher.alive.clear();
  lab.jobs.expireQueued = async () => Promise.reject(new Error('disk is full'));
  lab.clock.time += 10_000;
  expect((await sweeper.sweep()).ended).toEqual([jobId]);
  expect(lab.log.lines).toContainEqual(expect.stringContaining('disk is full'));
});

test("a person's lock ends with its lease, and one without an end stays", async () => {
  const { lab, pass } = await runningLab();
  await lab.nodes.register([nodeSpec('b'), nodeSpec('c')], 1);
  const lock = { owner: 'bob', description: null, now: lab.clock.time };
  await lab.nodes.lockMany({ ...lock, lockId: 'short', nodes: ['b'], leaseUntil: lab.clock.time + 30_000 });
  await lab.nodes.lockMany({ ...lock, lockId: 'long', nodes: ['c'], leaseUntil: null });
  expect((await pass(60)).released).toEqual(['short']);
  expect(await lab.nodes.get('b')).toMatchObject({ state: 'dirty' });
  expect(await lab.nodes.get('c')).toMatchObject({ state: 'locked' });
});

test('the nodes of a job whose runner vanished are held where somebody asked for it', async () => {
  const { lab, jobId, pass, job } = await runningLab();
  await lab.holds.ask({ run: 'r', jobId, seconds: 3600, by: 'ann', reason: null, at: 1 });
  lab.launcher.alive.clear();
  await pass(10);
  expect(await job()).toMatchObject({ status: 'dead', actor: 'sweeper' });
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'locked', lock: { id: `hold:r/${jobId}` } });
  expect((await pass(3600 + 120)).released).toEqual([`hold:r/${jobId}`]);
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'dirty' });
});

test.each([
  ['for the hours of the site', 'unlock_on_failure: false', 8 * 3600],
  ['for its own hours', 'unlock_on_failure: false\nhold_hours: 2', 2 * 3600],
  ['for hours that are written as a float', 'unlock_on_failure: false\nhold_hours: 2.0', 2 * 3600],
])('the nodes of a vanished runner are held %s when its job says so', async (_, config, seconds) => {
  const { lab, jobId, pass } = await runningLab({ config });
  lab.launcher.alive.clear();
  await pass(10);
  expect(await lab.nodes.get('a')).toMatchObject({
    state: 'locked',
    lock: {
      id: `hold:r/${jobId}`,
      owner: 'tester@here',
      job: null,
      leaseUntil: lab.clock.time + seconds * 1000,
    },
  });
});

test.each([
  ['says nothing of it', 'tasks: []'],
  ['lets go of its nodes', 'unlock_on_failure: true'],
  ['cannot be read', 'unlock_on_failure: [false'],
])('the nodes of a vanished runner are cleaned when its job %s', async (_, config) => {
  const { lab, jobId, pass } = await runningLab({ config });
  lab.launcher.alive.clear();
  expect((await pass(10)).ended).toEqual([jobId]);
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'dirty' });
});

test('a job that somebody killed does not keep its nodes, though its runner vanished then', async () => {
  const { lab, jobId, pass } = await runningLab({ config: 'unlock_on_failure: false' });
  await lab.jobs.kill({ run: 'r', actor: 'alice', reason: 'wrong branch', now: lab.clock.time });
  lab.launcher.alive.clear();
  expect((await pass(10)).ended).toEqual([jobId]);
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'dirty' });
});

test('a wish for longer than the job keeps its nodes is granted', async () => {
  const { lab, jobId, pass } = await runningLab({ config: 'unlock_on_failure: false\nhold_hours: 1' });
  await lab.holds.ask({ run: 'r', jobId, seconds: 7200, by: 'ann', reason: null, at: 1 });
  lab.launcher.alive.clear();
  await pass(10);
  expect((await lab.nodes.get('a'))?.lock?.leaseUntil).toBe(lab.clock.time + 7_200_000);
});

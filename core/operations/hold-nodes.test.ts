import { expect, test } from 'vitest';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../../test/fixtures/lab-records.ts';
import { NodeStateError } from '../locks/errors.ts';
import type { JobOutcome } from '../ports/job-store.ts';
import { holdJob, listHolds, releaseHold } from './hold-nodes.ts';
import { JobNotFoundError, NotAllowedError } from './kill.ts';

const owner = { name: 'tester@here', operator: false };
const other = { name: 'bob@lab', operator: false };
const hour = 3600;

/** A lab with one running job on one node. */
async function runningLab() {
  const lab = fakeLab();
  const now = lab.clock.time;
  await lab.nodes.register([nodeSpec('a')], now);
  await lab.jobs.createRun(newRun('r'));
  const [jobId = 0] = await lab.jobs.enqueue({ run: 'r', jobs: [newJob('k')], now });
  const claim = await lab.jobs.claim({ run: 'r', jobId, nodes: ['a'], leaseUntil: now + 60_000, now });
  if (claim.kind === 'refused') throw new Error(claim.reason);
  await lab.jobs.start(claim.attempt, { runner: 'me', now });
  const end = async (holdNodesUntil: number | null) => {
    const outcome: JobOutcome = {
      status: 'fail',
      failureReason: 'it broke',
      actor: 'runner',
      durationSeconds: 1,
      nodesClean: false,
      holdNodesUntil,
      now,
    };
    return await lab.jobs.finish(claim.attempt, outcome);
  };
  return { lab, end, job: { run: 'r', jobId } };
}

test('a running job is asked to leave its nodes, the list shows it, and it can be taken back', async () => {
  const { lab, job } = await runningLab();
  const held = await holdJob(lab, { ...job, actor: owner, seconds: hour, reason: 'a crash' });
  expect(held).toMatchObject({ kind: 'asked', nodes: [{ name: 'a' }] });
  expect(await listHolds(lab)).toEqual([held]);
  expect(await lab.holds.of(job.run, job.jobId)).toMatchObject({ seconds: hour, by: 'tester@here' });
  expect(await releaseHold(lab, { ...job, actor: owner })).toEqual([]);
  expect(await listHolds(lab)).toEqual([]);
  expect((await lab.audit.list(9)).map((entry) => entry.action)).toEqual(['release hold', 'hold']);
});

test('held nodes are kept for longer and given back early, to be cleaned', async () => {
  const { lab, job, end } = await runningLab();
  await end(lab.clock.time + 1000);
  const held = await holdJob(lab, { ...job, actor: owner, seconds: hour, reason: null });
  expect(held).toMatchObject({ kind: 'held', until: lab.clock.time + hour * 1000, owner: 'tester@here' });
  expect(await listHolds(lab)).toEqual([held]);
  expect((await releaseHold(lab, { ...job, actor: owner })).map((node) => node.name)).toEqual(['a']);
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'dirty' });
  await expect(releaseHold(lab, { ...job, actor: owner })).rejects.toThrow(NodeStateError);
});

test('a job that is over and has given its nodes back cannot be held, and a wish that came too late is cleared away', async () => {
  const { lab, job, end } = await runningLab();
  await holdJob(lab, { ...job, actor: owner, seconds: hour, reason: null });
  await end(null);
  await expect(holdJob(lab, { ...job, actor: owner, seconds: hour, reason: null })).rejects.toThrow(
    /no nodes are held for job r\/1: it is fail/,
  );
  expect(await listHolds(lab)).toEqual([]);
  expect(await lab.holds.list()).toEqual([]);
});

test('a job that ends while it is asked is told as it is', async () => {
  const { lab, job, end } = await runningLab();
  const jobs = {
    ...lab.jobs,
    // The first look finds it running; then its runner, which has not seen the wish, ends it.
    getJob: async (run: string, jobId: number) => {
      const found = await lab.jobs.getJob(run, jobId);
      await end(null);
      return found;
    },
  };
  await expect(
    holdJob({ ...lab, jobs }, { ...job, actor: owner, seconds: hour, reason: null }),
  ).rejects.toThrow(NodeStateError);
  expect(await lab.holds.list()).toEqual([]);
});

test('it is for the owner and for operators', async () => {
  const { lab, job } = await runningLab();
  const order = { ...job, seconds: hour, reason: null };
  await expect(holdJob(lab, { ...order, actor: other })).rejects.toThrow(NotAllowedError);
  await expect(releaseHold(lab, { ...job, actor: other })).rejects.toThrow(NotAllowedError);
  await expect(holdJob(lab, { ...order, jobId: 99, actor: owner })).rejects.toThrow(JobNotFoundError);
  expect(await holdJob(lab, { ...order, actor: { ...other, operator: true } })).toMatchObject({
    kind: 'asked',
  });
});

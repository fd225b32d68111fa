import { describe, expect, test } from 'vitest';
import type { JobOutcome } from '../../core/ports/job-store.ts';
import { newJob, newRun } from '../fixtures/lab-records.ts';
import { claimedJob } from './claimed-job.ts';
import type { StoresUnderTest } from './race.ts';

const passed: JobOutcome = {
  status: 'pass',
  failureReason: null,
  actor: 'runner',
  durationSeconds: 12.5,
  nodesClean: true,
  now: 90,
};
const dead: JobOutcome = {
  ...passed,
  status: 'dead',
  failureReason: 'vanished',
  actor: 'sweeper',
  nodesClean: false,
};

/** The life of attempts: start, renew, finish, kill. */
export function attemptCases(get: () => StoresUnderTest): void {
  const { claimed, counts, states } = claimedJob(get);

  describe('start()', () => {
    test('may be repeated by the same runner only', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      expect(await jobs.start(attempt, { runner: 'one', now: 20 })).toBe('ok');
      expect(await jobs.start(attempt, { runner: 'one', now: 25 })).toBe('ok');
      expect(await jobs.start(attempt, { runner: 'two', now: 26 })).toBe('stale');
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({
        status: 'running',
        runner: 'one',
        startedAt: 20,
      });
      expect(await counts()).toMatchObject({ waiting: 0, running: 1 });
    });

    test('is stale for a fence that was never given', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      expect(await jobs.start({ ...attempt, fence: attempt.fence + 1 }, { runner: 'x', now: 20 })).toBe(
        'stale',
      );
    });
  });

  describe('renew() and expired()', () => {
    test('moves the lease of the job and of its nodes', async () => {
      const { jobs, nodes } = get();
      const attempt = await claimed();
      await jobs.start(attempt, { runner: 'x', now: 20 });
      expect(await jobs.renew(attempt, { leaseUntil: 200, now: 30 })).toEqual({ kind: 'ok' });
      expect(await jobs.expired(200)).toEqual([]);
      expect((await jobs.expired(201)).map((job) => job.jobId)).toEqual([attempt.jobId]);
      expect((await nodes.get('a'))?.lock?.leaseUntil).toBe(200);
    });

    test('a clock that was wrong for a moment leaves no lease without end behind', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      await jobs.renew(attempt, { leaseUntil: 10_000_000, now: 9_999_000 });
      await jobs.renew(attempt, { leaseUntil: 300, now: 240 });
      expect((await jobs.expired(301)).map((job) => job.jobId)).toEqual([attempt.jobId]);
    });

    test('an attempt that was not taken away may renew late', async () => {
      const { jobs } = get();
      const attempt = await claimed({ leaseUntil: 100 });
      expect(await jobs.renew(attempt, { leaseUntil: 560, now: 500 })).toEqual({ kind: 'ok' });
    });

    test('is stale after the attempt ended, for old fences, and for queued jobs', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      const lease = { leaseUntil: 200, now: 30 };
      expect(await jobs.renew({ ...attempt, fence: attempt.fence - 1 }, lease)).toEqual({ kind: 'stale' });
      await jobs.unclaim(attempt, 31);
      expect(await jobs.renew(attempt, lease)).toEqual({ kind: 'stale' });
      expect(await jobs.expired(1_000_000)).toEqual([]);
    });
  });

  describe('finish()', () => {
    test('moves job, counters and nodes together', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      await jobs.start(attempt, { runner: 'x', now: 20 });
      expect(await jobs.finish(attempt, passed)).toBe('ok');
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({
        status: 'pass',
        finishedAt: 90,
        durationSeconds: 12.5,
        leaseUntil: null,
        actor: 'runner',
        nodes: ['b', 'a'],
      });
      expect(await counts()).toEqual({ queued: 0, waiting: 0, running: 0, pass: 1, fail: 0, dead: 0 });
      expect(await states()).toEqual(['a free', 'b free', 'c free']);
    });

    test('nodes that were not left clean are dirty, with the reason', async () => {
      const { jobs, nodes } = get();
      const attempt = await claimed();
      await jobs.start(attempt, { runner: 'x', now: 20 });
      await jobs.finish(attempt, dead);
      expect(await states()).toEqual(['a dirty', 'b dirty', 'c free']);
      expect((await nodes.get('a'))?.reason).toContain(`r/${attempt.jobId}`);
    });

    test('the first outcome stands: repeated it is ok, anything else is stale', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      await jobs.start(attempt, { runner: 'x', now: 20 });
      expect(await jobs.finish(attempt, dead)).toBe('ok');
      const after = [await jobs.getJob('r', attempt.jobId), await counts(), await states()];
      expect(await jobs.finish(attempt, { ...dead, now: 95 })).toBe('ok');
      expect(await jobs.finish(attempt, { ...dead, actor: 'runner' })).toBe('stale');
      expect(await jobs.finish(attempt, passed)).toBe('stale');
      expect(await jobs.renew(attempt, { leaseUntil: 300, now: 96 })).toEqual({ kind: 'stale' });
      expect([await jobs.getJob('r', attempt.jobId), await counts(), await states()]).toEqual(after);
    });

    test('an old fence cannot end the attempt that came after it', async () => {
      const { jobs } = get();
      const old = await claimed();
      await jobs.unclaim(old, 20);
      await jobs.claim({ run: 'r', jobId: old.jobId, nodes: ['a', 'b'], leaseUntil: 100, now: 21 });
      expect(await jobs.finish(old, passed)).toBe('stale');
      expect(await jobs.getJob('r', old.jobId)).toMatchObject({ status: 'waiting' });
      expect(await states()).toEqual(['a locked', 'b locked', 'c free']);
    });

    test('on condition of an ended lease it is stale after a renewal', async () => {
      const { jobs } = get();
      const attempt = await claimed({ leaseUntil: 100 });
      await jobs.start(attempt, { runner: 'x', now: 20 });
      await jobs.renew(attempt, { leaseUntil: 300, now: 150 });
      expect(await jobs.finish(attempt, { ...dead, ifLeaseEndedBefore: 160 })).toBe('stale');
      expect(await jobs.finish(attempt, { ...dead, ifLeaseEndedBefore: 301 })).toBe('ok');
    });

    test('on condition that its runner has not started it is stale once that has', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      await jobs.start(attempt, { runner: 'x', now: 20 });
      expect(await jobs.finish(attempt, { ...dead, ifNotStarted: true })).toBe('stale');
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({ status: 'running' });
    });

    test('on condition that its runner has not started it ends a claim', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      expect(await jobs.finish(attempt, { ...dead, ifNotStarted: true })).toBe('ok');
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({ status: 'dead' });
    });

    test('can hand the nodes to the owner for a time', async () => {
      const { jobs, nodes } = get();
      const attempt = await claimed();
      await jobs.start(attempt, { runner: 'x', now: 20 });
      await jobs.finish(attempt, {
        ...passed,
        status: 'fail',
        failureReason: 'it broke',
        holdNodesUntil: 5000,
      });
      const lockId = `hold:r/${attempt.jobId}`;
      expect((await nodes.get('a'))?.lock).toMatchObject({
        id: lockId,
        owner: 'tester@here',
        job: null,
        leaseUntil: 5000,
      });
      expect(await jobs.finish(attempt, { ...dead })).toBe('stale');
      expect(await nodes.release(lockId, { clean: false, now: 200 })).toBe('ok');
      expect(await states()).toEqual(['a dirty', 'b dirty', 'c free']);
    });
  });

  describe('kill()', () => {
    test('ends queued jobs at once, asks claimed ones, and leaves final ones alone', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      const [queued = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob('waits')], now: 3 });
      const kill = { run: 'r', actor: 'alice', reason: 'wrong branch', now: 50 };
      expect(await jobs.kill(kill)).toEqual([attempt.jobId, queued]);
      expect(await jobs.kill({ ...kill, actor: 'bob', now: 51 })).toEqual([]);
      expect(await jobs.getJob('r', queued)).toMatchObject({
        status: 'dead',
        actor: 'alice',
        failureReason: 'wrong branch',
        finishedAt: 50,
      });
      const request = { actor: 'alice', reason: 'wrong branch', at: 50 };
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({
        status: 'waiting',
        killRequested: request,
      });
      expect(await jobs.renew(attempt, { leaseUntil: 200, now: 60 })).toEqual({ kind: 'killed', request });
      expect((await jobs.getJob('r', attempt.jobId))?.leaseUntil).toBe(200);
      expect(await counts()).toMatchObject({ queued: 0, waiting: 1, dead: 1 });
    });

    test('touches one job when one is named, and nothing in other runs', async () => {
      const { jobs } = get();
      for (const run of ['r', 's']) await jobs.createRun(newRun(run));
      const [one = 0, two = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob('a'), newJob('b')], now: 2 });
      const kill = { actor: 'me', reason: 'no', now: 3, jobId: one };
      expect(await jobs.kill({ ...kill, run: 's' })).toEqual([]);
      expect(await jobs.kill({ ...kill, run: 'r' })).toEqual([one]);
      expect(await jobs.getJob('r', two)).toMatchObject({ status: 'queued' });
    });
  });
}

import { describe, expect, test } from 'vitest';
import type { AttemptRef, JobOutcome } from '../../core/ports/job-store.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
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

/** The life of attempts: claim, start, renew, finish, kill. */
export function attemptCases(get: () => StoresUnderTest): void {
  /** A run with one job of two nodes, claimed. */
  const claimed = async (changes: { leaseUntil?: number } = {}): Promise<AttemptRef> => {
    const { jobs, nodes } = get();
    await nodes.register(
      ['a', 'b', 'c'].map((name) => nodeSpec(name)),
      1,
    );
    await jobs.createRun(newRun('r'));
    const [jobId = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob('k', { nodeCount: 2 })], now: 2 });
    const claim = await jobs.claim({
      run: 'r',
      jobId,
      nodes: ['b', 'a'],
      leaseUntil: changes.leaseUntil ?? 100,
      now: 10,
    });
    if (claim.kind === 'refused') throw new Error(claim.reason);
    return claim.attempt;
  };
  const counts = async () => (await get().jobs.getRun('r'))?.counts;
  const states = async () => (await get().nodes.list()).map((node) => `${node.name} ${node.state}`);

  describe('claim()', () => {
    test('locks all the nodes with one fence and one lease, in the order asked for', async () => {
      const { jobs, nodes } = get();
      const attempt = await claimed();
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({
        status: 'waiting',
        attempt: 1,
        fence: attempt.fence,
        nodes: ['b', 'a'],
        leaseUntil: 100,
      });
      for (const name of ['a', 'b']) {
        const node = await nodes.get(name);
        expect(node).toMatchObject({
          state: 'locked',
          fence: attempt.fence,
          description: `r/${attempt.jobId}`,
          lastUsedAt: 10,
        });
        expect(node?.lock).toMatchObject({
          owner: 'tester@here',
          job: { run: 'r', jobId: attempt.jobId },
          leaseUntil: 100,
          since: 10,
        });
      }
      expect(await counts()).toMatchObject({ queued: 0, waiting: 1 });
      expect(await jobs.queueHead('box', 1)).toEqual([]);
    });

    test.each([
      ['a node that is locked', ['c', 'a']],
      ['a node that does not exist', ['c', 'nowhere']],
      ['a node named twice', ['c', 'c']],
      ['too few nodes', ['c']],
      ['too many nodes', ['c', 'd', 'e']],
    ])('refuses %s, and changes nothing', async (_, names) => {
      const { jobs, nodes } = get();
      await claimed();
      await nodes.register(
        ['d', 'e'].map((name) => nodeSpec(name)),
        1,
      );
      const [jobId = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob('next', { nodeCount: 2 })], now: 2 });
      const before = [await nodes.list(), await jobs.getJob('r', jobId), await counts()];
      const claim = await jobs.claim({ run: 'r', jobId, nodes: names, leaseUntil: 100, now: 11 });
      expect(claim).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/\w/) });
      expect([await nodes.list(), await jobs.getJob('r', jobId), await counts()]).toEqual(before);
    });

    test('is refused the second time, and for a job that does not exist', async () => {
      const { jobs } = get();
      const { jobId } = await claimed();
      const again = { run: 'r', leaseUntil: 100, now: 11, nodes: ['c', 'a'] };
      expect(await jobs.claim({ ...again, jobId })).toMatchObject({ kind: 'refused' });
      expect(await jobs.claim({ ...again, jobId: 999 })).toMatchObject({ kind: 'refused' });
    });

    test('needs no nodes for a job that wants none', async () => {
      const { jobs } = get();
      await jobs.createRun(newRun('r'));
      const [jobId = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob('k', { nodeCount: 0 })], now: 2 });
      expect(await jobs.claim({ run: 'r', jobId, nodes: [], leaseUntil: 9, now: 3 })).toMatchObject({
        kind: 'claimed',
        nodes: [],
      });
    });
  });

  describe('unclaim()', () => {
    test('puts the job back into its old place, and the next claim has a higher fence', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      await jobs.enqueue({ run: 'r', jobs: [newJob('behind', { nodeCount: 2 })], now: 3 });
      expect(await jobs.unclaim(attempt, 20)).toBe('ok');
      expect(await jobs.unclaim(attempt, 21)).toBe('ok');
      expect(await states()).toEqual(['a free', 'b free', 'c free']);
      expect((await jobs.queueHead('box', 10)).map((job) => job.key)).toEqual(['k', 'behind']);
      expect(await counts()).toMatchObject({ queued: 2, waiting: 0 });
      const next = await jobs.claim({
        run: 'r',
        jobId: attempt.jobId,
        nodes: ['b', 'c'],
        leaseUntil: 100,
        now: 22,
      });
      expect(next).toMatchObject({ kind: 'claimed', attemptNumber: 2 });
      expect(next.kind === 'claimed' ? next.attempt.fence : 0).toBeGreaterThan(attempt.fence);
      expect(await jobs.unclaim(attempt, 23)).toBe('stale');
      expect(await jobs.start(attempt, { runner: 'old', now: 23 })).toBe('stale');
      expect(await states()).toEqual(['a free', 'b locked', 'c locked']);
    });

    test('is stale once the job has started', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      await jobs.start(attempt, { runner: 'x', now: 20 });
      expect(await jobs.unclaim(attempt, 21)).toBe('stale');
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({ status: 'running' });
    });

    test('does not bring back a job that somebody wanted to end', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      await jobs.kill({ run: 'r', actor: 'alice', reason: 'wrong branch', now: 20 });
      expect(await jobs.unclaim(attempt, 21)).toBe('ok');
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({
        status: 'dead',
        actor: 'alice',
        failureReason: 'wrong branch',
      });
      expect(await jobs.queueHead('box', 1)).toEqual([]);
      expect(await counts()).toMatchObject({ queued: 0, waiting: 0, dead: 1 });
    });
  });

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

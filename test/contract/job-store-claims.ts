import { describe, expect, test } from 'vitest';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { claimedJob } from './claimed-job.ts';
import type { StoresUnderTest } from './race.ts';

/** How attempts begin, and how a beginning is undone. */
export function claimCases(get: () => StoresUnderTest): void {
  const { claimed, counts, states } = claimedJob(get);

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

    test('is refused from the moment on at which the job expires', async () => {
      const { jobs, nodes } = get();
      await nodes.register([nodeSpec('a')], 1);
      await jobs.createRun(newRun('r'));
      const batch = ['late', 'in time'].map((key) => newJob(key, { expiresAt: 50 }));
      const [late = 0, inTime = 0] = await jobs.enqueue({ run: 'r', jobs: batch, now: 2 });
      const claim = { run: 'r', nodes: ['a'], leaseUntil: 100 };
      expect(await jobs.claim({ ...claim, jobId: late, now: 50 })).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('expired'),
      });
      expect(await states()).toEqual(['a free']);
      expect(await counts()).toMatchObject({ queued: 2, waiting: 0 });
      expect(await jobs.claim({ ...claim, jobId: inTime, now: 49 })).toMatchObject({ kind: 'claimed' });
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

  describe('handBack()', () => {
    const back = { actor: 'runner', nodesClean: false, now: 30 };

    test('puts a started job back into its old place, with its nodes to be cleaned and no attempt used up', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      await jobs.enqueue({ run: 'r', jobs: [newJob('behind', { nodeCount: 2 })], now: 3 });
      await jobs.start(attempt, { runner: 'x', now: 20 });
      expect(await jobs.handBack({ ...attempt, fence: attempt.fence - 1 }, back)).toBe('stale');
      for (let call = 0; call < 2; call++) expect(await jobs.handBack(attempt, back)).toBe('ok');
      expect(await states()).toEqual(['a dirty', 'b dirty', 'c free']);
      expect((await jobs.queueHead('box', 10)).map((job) => job.key)).toEqual(['k', 'behind']);
      expect(await counts()).toMatchObject({ queued: 2, waiting: 0, running: 0 });
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({
        status: 'queued',
        attempt: 0,
        fence: attempt.fence,
        runner: null,
        startedAt: null,
        leaseUntil: null,
      });
      expect(await jobs.expired(10_000)).toEqual([]);
      expect(await jobs.start(attempt, { runner: 'x', now: 31 })).toBe('stale');
      expect(await jobs.renew(attempt, { leaseUntil: 99, now: 31 })).toEqual({ kind: 'stale' });
    });

    test('leaves clean nodes free, and is stale once another has the job', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      await jobs.start(attempt, { runner: 'x', now: 20 });
      expect(await jobs.handBack(attempt, { ...back, nodesClean: true })).toBe('ok');
      expect(await states()).toEqual(['a free', 'b free', 'c free']);
      const again = { run: 'r', jobId: attempt.jobId, nodes: ['b', 'c'], leaseUntil: 100, now: 32 };
      expect(await jobs.claim(again)).toMatchObject({ kind: 'claimed', attemptNumber: 1 });
      expect(await jobs.handBack(attempt, back)).toBe('stale');
      expect(await states()).toEqual(['a free', 'b locked', 'c locked']);
    });

    test('is stale for a job that is over, or has not started', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      expect(await jobs.handBack(attempt, back)).toBe('stale');
      await jobs.start(attempt, { runner: 'x', now: 20 });
      const outcome = { status: 'pass', failureReason: null, actor: 'runner', durationSeconds: 1 } as const;
      await jobs.finish(attempt, { ...outcome, nodesClean: true, now: 25 });
      expect(await jobs.handBack(attempt, back)).toBe('stale');
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({ status: 'pass' });
    });

    test('does not bring back a job that somebody wanted to end', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      await jobs.start(attempt, { runner: 'x', now: 20 });
      await jobs.kill({ run: 'r', actor: 'alice', reason: 'wrong branch', now: 21 });
      expect(await jobs.handBack(attempt, back)).toBe('ok');
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({ status: 'dead', actor: 'alice' });
      expect(await states()).toEqual(['a dirty', 'b dirty', 'c free']);
      expect(await counts()).toMatchObject({ queued: 0, running: 0, dead: 1 });
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

    test('does not count the claim when the job is not to blame, and keeps its fence', async () => {
      const { jobs } = get();
      const attempt = await claimed();
      for (let call = 0; call < 2; call++)
        expect(await jobs.unclaim(attempt, 20, { blameless: true })).toBe('ok');
      expect(await jobs.getJob('r', attempt.jobId)).toMatchObject({
        status: 'queued',
        attempt: 0,
        fence: attempt.fence,
      });
      const next = await jobs.claim({
        run: 'r',
        jobId: attempt.jobId,
        nodes: ['a', 'b'],
        leaseUntil: 90,
        now: 21,
      });
      if (next.kind === 'refused') throw new Error(next.reason);
      expect(next.attemptNumber).toBe(1);
      expect(next.attempt.fence).toBeGreaterThan(attempt.fence);
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
}

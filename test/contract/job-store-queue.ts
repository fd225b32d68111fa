import { describe, expect, test } from 'vitest';
import { RunClosedError, RunNotFoundError } from '../../core/ports/job-store.ts';
import type { NewJob } from '../../core/ports/job-store.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import type { StoresUnderTest } from './race.ts';

/** Runs, jobs and their order. */
export function queueCases(get: () => StoresUnderTest): void {
  describe('runs', () => {
    test('a run is created once, and the first one stands', async () => {
      const { jobs } = get();
      expect(await jobs.createRun(newRun('r', { owner: 'first' }))).toBe('created');
      expect(await jobs.createRun(newRun('r', { owner: 'second' }))).toBe('exists');
      expect(await jobs.getRun('r')).toMatchObject({ owner: 'first', closed: false, submittedAt: 1000 });
      expect(await jobs.getRun('other')).toBeNull();
    });

    test('every field of a run comes back', async () => {
      const { jobs } = get();
      const run = newRun('r', {
        seed: 42,
        subset: '1/3',
        noNestedSubset: true,
        sha1: 'abc',
        suite: 'rados:basic',
      });
      await jobs.createRun(run);
      const { now, ...fields } = run;
      expect(await jobs.getRun('r')).toMatchObject({ ...fields, submittedAt: now, updatedAt: now });
    });

    test('runs are listed newest first, by pages', async () => {
      const { jobs } = get();
      for (const [index, name] of ['one', 'two', 'three'].entries())
        await jobs.createRun(newRun(name, { now: index }));
      const names = async (page: Parameters<typeof jobs.listRuns>[0]) =>
        (await jobs.listRuns(page)).map((run) => run.name);
      expect(await names({ limit: 2 })).toEqual(['three', 'two']);
      expect(await names({ limit: 2, offset: 2 })).toEqual(['one']);
      await jobs.createRun(newRun('also-two', { now: 1 }));
      expect(await names({ limit: 2, after: { submittedAt: 2, name: 'three' } })).toEqual([
        'two',
        'also-two',
      ]);
      expect(await names({ limit: 2, after: { submittedAt: 1, name: 'two' } })).toEqual(['also-two', 'one']);
    });
  });

  describe('enqueue()', () => {
    test('gives growing ids, and the same ones when it is repeated', async () => {
      const { jobs } = get();
      await jobs.createRun(newRun('r'));
      const batch = ['a', 'b', 'c'].map((key) => newJob(key));
      const ids = await jobs.enqueue({ run: 'r', jobs: batch, now: 2 });
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect(await jobs.enqueue({ run: 'r', jobs: [...batch, newJob('d')], now: 3 })).toEqual([
        ...ids,
        expect.any(Number),
      ]);
      expect((await jobs.getRun('r'))?.counts.queued).toBe(4);
    });

    test('refuses a run that does not exist, and adds nothing', async () => {
      const { jobs } = get();
      await expect(jobs.enqueue({ run: 'none', jobs: [newJob('a')], now: 2 })).rejects.toThrow(
        RunNotFoundError,
      );
      expect(await jobs.listJobs({ limit: 10 })).toEqual([]);
    });

    test('a closed run takes no new jobs, but answers for those it has', async () => {
      const { jobs } = get();
      await jobs.createRun(newRun('r'));
      const ids = await jobs.enqueue({ run: 'r', jobs: [newJob('a')], now: 2 });
      await jobs.closeRun('r', 3);
      await jobs.closeRun('r', 4);
      expect(await jobs.getRun('r')).toMatchObject({ closed: true, updatedAt: 3 });
      expect(await jobs.enqueue({ run: 'r', jobs: [newJob('a')], now: 5 })).toEqual(ids);
      await expect(jobs.enqueue({ run: 'r', jobs: [newJob('a'), newJob('b')], now: 5 })).rejects.toThrow(
        RunClosedError,
      );
      expect((await jobs.getRun('r'))?.counts.queued).toBe(1);
    });

    test('every field of a job comes back', async () => {
      const { jobs } = get();
      await jobs.createRun(newRun('r'));
      const job = newJob('k', {
        osType: 'ubuntu',
        osVersion: '22.04',
        arch: 'x86_64',
        roleWishes: [{ role: 'mon', machineType: 'box,rack', osType: null, osVersion: '9', arch: null }],
        priority: 7,
        expiresAt: 1_900_000_000_000,
        config: 'π: "\\0"\n',
      });
      const [jobId = 0] = await jobs.enqueue({ run: 'r', jobs: [job], now: 2 });
      expect(await jobs.getJob('r', jobId)).toEqual({
        ...job,
        run: 'r',
        jobId,
        owner: 'tester@here',
        status: 'queued',
        attempt: 0,
        fence: null,
        nodes: [],
        leaseUntil: null,
        runner: null,
        killRequested: null,
        submittedAt: 2,
        startedAt: null,
        finishedAt: null,
        durationSeconds: null,
        failureReason: null,
        actor: null,
      });
      expect(await jobs.getJob('other', jobId)).toBeNull();
    });
  });

  describe('expireQueued()', () => {
    test('ends the queued jobs whose time is over, of all runs, and counts them, once', async () => {
      const { jobs } = get();
      for (const run of ['r', 's']) await jobs.createRun(newRun(run));
      const batch = [newJob('now', { expiresAt: 50 }), newJob('later', { expiresAt: 51 }), newJob('never')];
      const [first = 0] = await jobs.enqueue({ run: 'r', jobs: batch, now: 2 });
      const [second = 0] = await jobs.enqueue({ run: 's', jobs: [newJob('k', { expiresAt: 7 })], now: 2 });
      expect(await jobs.expireQueued({ now: 50, actor: 'sweeper' })).toEqual([first, second]);
      expect(await jobs.getJob('r', first)).toMatchObject({
        status: 'dead',
        actor: 'sweeper',
        failureReason: 'expired at 1970-01-01T00:00:00.050Z: it was still queued',
        finishedAt: 50,
        killRequested: null,
      });
      expect(await jobs.getRun('r')).toMatchObject({ updatedAt: 50, counts: { queued: 2, dead: 1 } });
      expect((await jobs.queueHead('box', 9)).map((job) => job.key)).toEqual(['later', 'never']);
      const settled = await jobs.listJobs({ limit: 9 });
      expect(await jobs.expireQueued({ now: 50, actor: 'another' })).toEqual([]);
      expect(await jobs.listJobs({ limit: 9 })).toEqual(settled);
    });

    test('leaves claimed jobs alone, until they are back in the queue', async () => {
      const { jobs } = get();
      await jobs.createRun(newRun('r'));
      const batch = ['waiting', 'running'].map((key) => newJob(key, { expiresAt: 50, nodeCount: 0 }));
      const attempts = [];
      for (const jobId of await jobs.enqueue({ run: 'r', jobs: batch, now: 2 })) {
        const claim = await jobs.claim({ run: 'r', jobId, nodes: [], leaseUntil: 100, now: 49 });
        if (claim.kind === 'refused') throw new Error(claim.reason);
        attempts.push(claim.attempt);
      }
      const [waiting, running] = attempts;
      if (waiting === undefined || running === undefined) throw new Error('a job was not claimed');
      await jobs.start(running, { runner: 'me', now: 49 });
      expect(await jobs.expireQueued({ now: 60, actor: 'sweeper' })).toEqual([]);
      await jobs.unclaim(waiting, 61);
      expect(await jobs.expireQueued({ now: 62, actor: 'sweeper' })).toEqual([waiting.jobId]);
      expect((await jobs.getRun('r'))?.counts).toMatchObject({ running: 1, dead: 1, queued: 0, waiting: 0 });
    });
  });

  describe('the queue', () => {
    test('serves by priority, then by submission, for each machine type', async () => {
      const { jobs } = get();
      await jobs.createRun(newRun('r'));
      const priorities: [string, number][] = [
        ['late', 200],
        ['first', 5],
        ['second', 5],
        ['last', 1000],
      ];
      await jobs.enqueue({
        run: 'r',
        jobs: priorities.map(([key, priority]) => newJob(key, { priority })),
        now: 2,
      });
      await jobs.enqueue({
        run: 'r',
        jobs: [newJob('elsewhere', { machineType: 'rack', priority: 1 })],
        now: 2,
      });
      const keys = async (type: string) => (await jobs.queueHead(type, 10)).map((job) => job.key);
      expect(await keys('box')).toEqual(['first', 'second', 'late', 'last']);
      expect(await keys('rack')).toEqual(['elsewhere']);
      expect(await jobs.queuedTypes()).toEqual(['box', 'rack']);
    });

    test('goes on behind a place, so that it can be read in pages', async () => {
      const { jobs } = get();
      await jobs.createRun(newRun('r'));
      const batch = Array.from({ length: 7 }, (_, i) => newJob(`${i}`, { priority: i % 2 }));
      await jobs.enqueue({ run: 'r', jobs: batch, now: 2 });
      const whole = await jobs.queueHead('box', 100);
      const paged = [];
      for (;;) {
        const page = await jobs.queueHead('box', 3, paged.at(-1));
        paged.push(...page);
        if (page.length < 3) break;
      }
      expect(paged).toEqual(whole);
    });

    test('leaves out jobs by their owners and by what they ask for, and nothing else', async () => {
      const { jobs, nodes } = get();
      await nodes.register([nodeSpec('n0')], 1);
      await jobs.createRun(newRun('r'));
      await jobs.createRun(newRun('s', { owner: 'bob' }));
      const mon = { role: 'mon.a', machineType: 'box', osType: null, osVersion: null, arch: null };
      const wishes: Partial<NewJob>[] = [
        { nodeCount: 1 },
        { nodeCount: 2 },
        { nodeCount: 1, osType: 'ubuntu' },
        { nodeCount: 1, osVersion: '22.04' },
        { nodeCount: 1, arch: 'arm64' },
        { nodeCount: 1, machineType: 'box,rack' },
        { nodeCount: 1, roleWishes: [mon] },
        { nodeCount: 1, priority: 1 }, // no other wish than the first
      ];
      await jobs.enqueue({ run: 'r', jobs: wishes.map((wish, i) => newJob(`${i}`, wish)), now: 2 });
      await jobs.enqueue({ run: 's', jobs: [newJob('theirs', { nodeCount: 1 })], now: 2 });
      const whole = await jobs.queueHead('box', 99);
      const keys = async (owners: string[], keyed: string[], limit = 99) => {
        const without = { owners, wishes: whole.filter((job) => keyed.includes(job.key)) };
        return (await jobs.queueHead('box', limit, undefined, without)).map((job) => job.key);
      };
      expect(await keys([], ['0'])).toEqual(['1', '2', '3', '4', '5', '6']);
      expect(await keys([], ['1', '5'])).toEqual(['7', '0', '2', '3', '4', '6', 'theirs']);
      expect(await keys([], ['2', '3', '4', '6'])).toEqual(['7', '0', '1', '5', 'theirs']);
      expect(await keys(['bob'], [])).toEqual(['7', '0', '1', '2', '3', '4', '5', '6']);
      expect(await keys(['bob', 'carol'], ['0', '2'], 2)).toEqual(['1', '3']);
      expect(
        await keys(
          whole.map((job) => job.owner),
          [],
        ),
      ).toEqual([]);
      // What comes back to the queue is what it was before.
      const [{ jobId } = { jobId: 0 }] = whole;
      const claim = await jobs.claim({ run: 'r', jobId, nodes: ['n0'], leaseUntil: 60_000, now: 3 });
      if (claim.kind !== 'claimed') throw new Error(claim.reason);
      await jobs.unclaim(claim.attempt, 4);
      expect(await keys([], ['1', '5'])).toEqual(['7', '0', '2', '3', '4', '6', 'theirs']);
    });

    test('shows a job that accepts several types in the queue of each', async () => {
      const { jobs } = get();
      await jobs.createRun(newRun('r'));
      const [jobId = 0] = await jobs.enqueue({
        run: 'r',
        jobs: [newJob('a', { machineType: 'box, rack' })],
        now: 2,
      });
      for (const type of ['box', 'rack']) {
        expect((await jobs.queueHead(type, 10)).map((job) => job.jobId)).toEqual([jobId]);
      }
      await jobs.kill({ run: 'r', actor: 'me', reason: 'no', now: 3 });
      expect(await jobs.queuedTypes()).toEqual([]);
    });

    test('a queued job can be moved, one that has left the queue cannot', async () => {
      const { jobs } = get();
      await jobs.createRun(newRun('r'));
      const [first = 0, second = 0] = await jobs.enqueue({
        run: 'r',
        jobs: [newJob('a'), newJob('b')],
        now: 2,
      });
      expect(await jobs.setPriority({ run: 'r', jobId: second, priority: 1, now: 3 })).toBe('ok');
      expect((await jobs.queueHead('box', 10)).map((job) => job.jobId)).toEqual([second, first]);
      await jobs.kill({ run: 'r', jobId: second, actor: 'me', reason: 'no', now: 4 });
      expect(await jobs.setPriority({ run: 'r', jobId: second, priority: 9, now: 5 })).toBe('stale');
      expect(await jobs.getJob('r', second)).toMatchObject({ priority: 1 });
    });

    test('lists jobs of a run and of statuses in id order, by pages', async () => {
      const { jobs } = get();
      for (const run of ['r', 's']) await jobs.createRun(newRun(run));
      const ids = await jobs.enqueue({ run: 'r', jobs: ['a', 'b', 'c'].map((key) => newJob(key)), now: 2 });
      await jobs.enqueue({ run: 's', jobs: [newJob('a')], now: 2 });
      await jobs.kill({ run: 'r', jobId: ids[1] ?? 0, actor: 'me', reason: 'no', now: 3 });
      const listed = async (filter: Parameters<typeof jobs.listJobs>[0]) =>
        (await jobs.listJobs(filter)).map((job) => job.jobId);
      expect(await listed({ run: 'r', limit: 2 })).toEqual(ids.slice(0, 2));
      expect(await listed({ run: 'r', limit: 2, offset: 2 })).toEqual(ids.slice(2));
      expect(await listed({ run: 'r', statuses: ['dead'], limit: 9 })).toEqual([ids[1]]);
      expect(await listed({ statuses: ['queued'], limit: 9 })).toHaveLength(3);
      expect(await listed({ statuses: [], limit: 9 })).toEqual([]);
      const [first = 0] = ids;
      expect(await listed({ run: 'r', limit: 1, after: first })).toEqual([ids[1]]);
      expect(await listed({ run: 'r', statuses: ['queued'], limit: 9, after: first })).toEqual([ids[2]]);
    });
  });
}

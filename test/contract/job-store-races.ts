import { describe, expect, test } from 'vitest';
import type { AttemptRef, Transition } from '../../core/ports/job-store.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { breachesOfClaiming, breachesOfDraining } from './lock-laws.ts';
import { race } from './race.ts';
import type { StoresUnderTest } from './race.ts';

/** The same, with several clients at the same moment. */
export function raceCases(get: () => StoresUnderTest): void {
  describe('under contention', () => {
    test('racing dispatchers run every job once and give no node twice', async () => {
      expect(await breachesOfDraining(get())).toEqual([]);
    });

    test('of many jobs that want the same nodes one gets all of them', async () => {
      expect(await breachesOfClaiming(get())).toEqual([]);
    });

    test('one of several runners of an attempt may start', async () => {
      const { connect, jobs } = get();
      const attempt = await soleAttempt(get());
      const results = await race<Transition>({ connect, racers: 4, act: 'start', input: attempt });
      expect(results.filter((result) => result === 'ok')).toHaveLength(1);
      expect((await jobs.getRun('r'))?.counts).toMatchObject({ waiting: 0, running: 1 });
    });

    test('one of several outcomes is kept, and counted once', async () => {
      const { connect, jobs, nodes } = get();
      const attempt = await soleAttempt(get());
      const results = await race<Transition>({ connect, racers: 6, act: 'finish', input: attempt });
      expect(results.filter((result) => result === 'ok')).toHaveLength(1);
      const job = await jobs.getJob('r', attempt.jobId);
      const counts = (await jobs.getRun('r'))?.counts;
      expect(counts).toEqual({
        queued: 0,
        waiting: 0,
        running: 0,
        pass: 0,
        fail: 0,
        dead: 0,
        [job?.status ?? 'none']: 1,
      });
      expect(await nodes.get('a')).toMatchObject({ state: 'dirty', lock: null });
    });

    test('a submission that arrives several times at once is queued once', async () => {
      const { connect, jobs } = get();
      await jobs.createRun(newRun('r'));
      const keys = Array.from({ length: 200 }, (_, i) => `key ${i}`);
      const answers = await race<number[]>({
        connect,
        racers: 4,
        act: 'enqueueSame',
        input: { run: 'r', keys },
      });
      expect(new Set(answers.map((ids) => ids.join())).size).toBe(1);
      expect((await jobs.getRun('r'))?.counts.queued).toBe(keys.length);
      expect(await jobs.queueHead('box', 1000)).toHaveLength(keys.length);
    });

    test('a kill that meets a claim is never lost', async () => {
      const { connect, jobs, nodes } = get();
      const names = Array.from({ length: 30 }, (_, i) => `n${i}`);
      await nodes.register(
        names.map((name) => nodeSpec(name)),
        1,
      );
      await jobs.createRun(newRun('r'));
      const jobIds = await jobs.enqueue({ run: 'r', jobs: names.map((name) => newJob(name)), now: 2 });
      await race({ connect, racers: 4, act: 'killOrClaim', input: { run: 'r', jobIds, nodes: names } });
      const all = await jobs.listJobs({ run: 'r', limit: 100 });
      const spared = all.filter((job) => job.status !== 'dead' && job.killRequested === null);
      expect(spared).toEqual([]);
      const waiting = all.filter((job) => job.status === 'waiting').length;
      expect((await jobs.getRun('r'))?.counts).toMatchObject({
        queued: 0,
        waiting,
        dead: names.length - waiting,
      });
      expect(await nodes.list({ state: 'locked' })).toHaveLength(waiting);
    });
  });
}

async function soleAttempt({ jobs, nodes }: StoresUnderTest): Promise<AttemptRef> {
  await nodes.register([nodeSpec('a')], 1);
  await jobs.createRun(newRun('r'));
  const [jobId = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob('k')], now: 2 });
  const claim = await jobs.claim({ run: 'r', jobId, nodes: ['a'], leaseUntil: 100, now: 10 });
  if (claim.kind === 'refused') throw new Error(claim.reason);
  return claim.attempt;
}

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keptDurations } from '../../core/ports/job-durations.ts';
import type { JobDurations } from '../../core/ports/job-durations.ts';
import type { JobOutcome, JobStore, NewJob } from '../../core/ports/job-store.ts';
import type { NodeStore } from '../../core/ports/node-store.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';

interface Stores {
  readonly jobs: JobStore;
  readonly nodes: NodeStore;
  readonly durations: JobDurations;
  readonly close: () => void | Promise<void>;
}

/** What every record of durations must do. `setup` gives empty stores that belong together. */
export function describeJobDurations(params: { name: string; setup: () => Promise<Stores> }): void {
  describe(`job durations: ${params.name}`, () => {
    let stores: Stores;
    let now = 0;
    beforeEach(async () => {
      stores = await params.setup();
      now = 1000;
      await stores.nodes.register([nodeSpec('a')], 1);
      await stores.jobs.createRun(newRun('r'));
    });
    afterEach(async () => stores.close());

    /** Runs a job for some seconds, and ends it twice. */
    const run = async (seconds: number, job: Partial<NewJob>, outcome: Partial<JobOutcome> = {}) => {
      const { jobs } = stores;
      const [jobId = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob(`${now}`, job)], now });
      const claim = await jobs.claim({ run: 'r', jobId, nodes: ['a'], leaseUntil: now + 60_000, now });
      if (claim.kind === 'refused') throw new Error(claim.reason);
      await jobs.start(claim.attempt, { runner: 'x', now: now + 5 });
      now += 5 + seconds * 1000;
      const end: JobOutcome = {
        status: 'pass',
        failureReason: null,
        actor: 'runner',
        durationSeconds: 1,
        nodesClean: true,
        now,
        ...outcome,
      };
      expect(await jobs.finish(claim.attempt, end)).toBe('ok');
      expect(await jobs.finish(claim.attempt, { ...end, now: now + 1000 })).toBe('ok');
    };
    const job = { description: 's/{a$/{x} b}' };

    test('a job that passed or failed is remembered once, from its start to its end, newest first', async () => {
      await run(10, job);
      await run(20.5, { description: 's/{a$/{y} b}' }, { status: 'fail', failureReason: 'a test failed' });
      await run(30, { description: 's/{c}' });
      const recent = await stores.durations.recent(['box s/{a$ b}', 'box s/', 'box t/']);
      expect(Object.fromEntries(recent)).toEqual({
        'box s/{a$ b}': [20.5, 10],
        'box s/': [30, 20.5, 10],
      });
    });

    test('dead jobs are not', async () => {
      await run(10, job, { status: 'dead', failureReason: 'its host went away' });
      expect(await stores.durations.recent(['box s/{a$ b}', 'box s/'])).toEqual(new Map());
    });

    test('the oldest are forgotten', async () => {
      for (let seconds = 1; seconds <= keptDurations + 3; seconds++) await run(seconds, job);
      const times = (await stores.durations.recent(['box s/']))?.get('box s/');
      expect(times).toHaveLength(keptDurations);
      expect([times?.[0], times?.at(-1)]).toEqual([keptDurations + 3, 4]);
    });
  });
}

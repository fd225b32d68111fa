import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobStore } from '../../core/ports/job-store.ts';
import type { LabCounts } from '../../core/ports/lab-counts.ts';
import type { RunEvents } from '../../core/ports/run-events.ts';
import { newJob, newRun } from '../fixtures/lab-records.ts';

interface Stores {
  readonly jobs: JobStore;
  readonly events: RunEvents;
  readonly counts: LabCounts;
  readonly close: () => void | Promise<void>;
}

/** What every store tells of the changes that its job store makes. */
export function describeRunEvents(params: { name: string; setup: () => Promise<Stores> }): void {
  describe(`the events of a run: ${params.name}`, () => {
    let stores: Stores;
    let ids: number[];
    beforeEach(async () => {
      stores = await params.setup();
      for (const run of ['r', 'other']) await stores.jobs.createRun(newRun(run));
      const jobs = ['a', 'b'].map((key) => newJob(key, { nodeCount: 0 }));
      ids = await stores.jobs.enqueue({ run: 'r', jobs, now: 2 });
    });
    afterEach(async () => stores.close());

    /** Takes the first job to its end and the second out of the queue. */
    async function allOver(): Promise<void> {
      const [jobId = 0, other = 0] = ids;
      const claim = await stores.jobs.claim({ run: 'r', jobId, nodes: [], leaseUntil: 100, now: 3 });
      if (claim.kind !== 'claimed') throw new Error(claim.reason);
      await stores.jobs.start(claim.attempt, { runner: 'me', now: 4 });
      await stores.jobs.start(claim.attempt, { runner: 'me', now: 4 });
      await stores.jobs.finish(claim.attempt, {
        status: 'fail',
        failureReason: 'it broke',
        actor: 'runner',
        durationSeconds: 1,
        nodesClean: true,
        now: 5,
      });
      await stores.jobs.kill({ run: 'r', jobId: other, actor: 'ann', reason: 'no', now: 6 });
    }

    test('are its changes of status in order, once each, and nobody else’s', async () => {
      expect(await stores.events.last('r')).toBe(0);
      await allOver();
      const events = await stores.events.after('r', 0, 100);
      expect(events.map(({ jobId, status }) => [jobId, status])).toEqual([
        [ids[0], 'waiting'],
        [ids[0], 'running'],
        [ids[0], 'fail'],
        [ids[1], 'dead'],
      ]);
      expect(events[2]?.reason).toBe('it broke');
      const [first] = events;
      expect(await stores.events.after('r', first?.seq ?? 0, 2)).toEqual(events.slice(1, 3));
      expect(await stores.events.last('r')).toBe(events[3]?.seq);
      expect(await stores.events.after('other', 0, 9)).toEqual([]);
    });

    test('and the numbers of the lab move with them', async () => {
      const jobs = async () =>
        (await stores.counts.jobs())
          .filter(({ count }) => count > 0)
          .map(({ status, count }) => [status, count]);
      expect(await jobs()).toEqual([['queued', 2]]);
      expect(await stores.counts.openRuns()).toBe(2);
      await allOver();
      expect(await jobs()).toEqual([
        ['dead', 1],
        ['fail', 1],
      ]);
      await stores.jobs.closeRun('r', 9);
      expect(await stores.counts.openRuns()).toBe(1);
    });
  });
}

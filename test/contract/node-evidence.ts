import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptRef, JobStore } from '../../core/ports/job-store.ts';
import type { NodeEvidence } from '../../core/ports/node-evidence.ts';
import type { NodeStore } from '../../core/ports/node-store.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { deskLawCases } from './desk-laws.ts';

interface Stores {
  readonly jobs: JobStore;
  readonly nodes: NodeStore;
  readonly evidence: NodeEvidence;
  readonly close: () => void | Promise<void>;
}

/** What every record of the nodes' health must do. `setup` gives empty stores that belong together. */
export function describeNodeEvidence(params: { name: string; setup: () => Promise<Stores> }): void {
  describe(`node evidence: ${params.name}`, () => {
    let stores: Stores;
    beforeEach(async () => {
      stores = await params.setup();
      await stores.nodes.register([nodeSpec('a'), nodeSpec('b'), nodeSpec('c')], 1);
      await stores.jobs.createRun(newRun('r'));
    });
    afterEach(async () => stores.close());
    deskLawCases('evidence', () => stores.evidence);

    /** A job that was claimed on the nodes `a` and `b`. */
    const claimed = async (key: string): Promise<AttemptRef> => {
      const [jobId = 0] = await stores.jobs.enqueue({
        run: 'r',
        jobs: [newJob(key, { nodeCount: 2 })],
        now: 2,
      });
      const claim = await stores.jobs.claim({ run: 'r', jobId, nodes: ['a', 'b'], leaseUntil: 100, now: 10 });
      if (claim.kind === 'refused') throw new Error(claim.reason);
      return claim.attempt;
    };
    const end = async (attempt: AttemptRef) =>
      stores.jobs.finish(attempt, {
        status: 'dead',
        failureReason: 'lost a',
        actor: 'runner',
        durationSeconds: 1,
        nodesClean: true,
        now: 30,
      });
    const lostA = [{ node: 'a', kind: 'failure', reason: 'no answer' }] as const;

    test('findings are kept for their nodes alone, newest first, with the job and the time', async () => {
      const { evidence } = stores;
      const first = await claimed('one');
      expect(await evidence.report(first, lostA, 20)).toBe('ok');
      await end(first);
      const second = await claimed('two');
      const findings = [
        { node: 'a', kind: 'certain', reason: 'disk is full' },
        { node: 'c', kind: 'certain', reason: 'not its node' },
      ] as const;
      expect(await evidence.report(second, findings, 40)).toBe('ok');
      expect(await evidence.about('a')).toEqual([
        { kind: 'certain', at: 40, reason: 'disk is full', run: 'r', jobId: second.jobId },
        { kind: 'failure', at: 20, reason: 'no answer', run: 'r', jobId: first.jobId },
      ]);
      expect(await evidence.about('b')).toEqual([]);
      expect(await evidence.about('c')).toEqual([]);
    });

    test('a repeated report replaces what the job said before', async () => {
      const { evidence } = stores;
      const attempt = await claimed('one');
      await evidence.report(attempt, lostA, 20);
      await evidence.report(attempt, [{ node: 'a', kind: 'failure', reason: 'reset' }], 21);
      expect(await evidence.about('a')).toMatchObject([{ reason: 'reset' }]);
    });

    test('a job that a node served well takes all of its record away, and leaves those of others', async () => {
      const { evidence } = stores;
      const first = await claimed('one');
      await evidence.report(first, [...lostA, { node: 'b', kind: 'failure', reason: 'reset' }], 20);
      await evidence.quarantined({ node: 'a', reason: 'it was bad', now: 25 });
      await end(first);
      const second = await claimed('two');
      expect(await evidence.report(second, [{ node: 'a', kind: 'works' }], 40)).toBe('ok');
      expect(await evidence.about('a')).toEqual([]);
      expect(await evidence.about('b')).toHaveLength(1);
    });

    test('an attempt that is over, or never was, says nothing', async () => {
      const { evidence, jobs } = stores;
      const attempt = await claimed('one');
      expect(await evidence.report({ ...attempt, fence: attempt.fence + 1 }, lostA, 20)).toBe('stale');
      await jobs.unclaim(attempt, 21);
      expect(await evidence.report(attempt, lostA, 22)).toBe('stale');
      const again = await jobs.claim({ ...attempt, nodes: ['a', 'b'], leaseUntil: 100, now: 23 });
      if (again.kind === 'refused') throw new Error(again.reason);
      expect(await evidence.report(attempt, lostA, 24)).toBe('stale');
      await end(again.attempt);
      expect(await evidence.report(again.attempt, lostA, 31)).toBe('stale');
      expect(await evidence.about('a')).toEqual([]);
    });

    test('quarantines are counted, and forgotten when somebody vouches for the node', async () => {
      const { evidence } = stores;
      await evidence.quarantined({ node: 'a', reason: 'it was bad', now: 25 });
      await evidence.quarantined({ node: 'a', reason: 'it still is', now: 26 });
      expect(await evidence.about('a')).toEqual([
        { kind: 'quarantined', at: 26, reason: 'it still is' },
        { kind: 'quarantined', at: 25, reason: 'it was bad' },
      ]);
      await evidence.clear('a');
      await evidence.clear('a');
      expect(await evidence.about('a')).toEqual([]);
    });

    test('only the newest hundred entries are told', async () => {
      const { evidence } = stores;
      for (let now = 1; now <= 103; now += 1) await evidence.quarantined({ node: 'a', reason: 'bad', now });
      const record = await evidence.about('a');
      expect([record.length, record[0]?.at, record.at(-1)?.at]).toEqual([100, 103, 4]);
    });
  });
}

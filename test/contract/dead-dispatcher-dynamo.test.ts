import { expect, test } from 'vitest';
import { dispatch } from '../../core/operations/dispatch.ts';
import { leaseMs } from '../../core/operations/lab-ports.ts';
import { createSweeper } from '../../core/operations/sweep.ts';
import type { JobStore } from '../../core/ports/job-store.ts';
import { fakeLab } from '../fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { describeDynamo } from './describe-dynamo.ts';

const everyone = { maxRunners: null };

/** A store whose process is killed when its next claim has been written: nothing that it is asked after that happens. */
function killedAfterClaim(jobs: JobStore): JobStore {
  let alive = true;
  return new Proxy(jobs, {
    get:
      (target, name) =>
      async (...words: never[]) => {
        if (!alive) throw new Error('killed');
        const answer: unknown = await (Reflect.get(target, name) as (...words: never[]) => unknown)(...words);
        if (name !== 'claim') return answer;
        alive = false;
        throw new Error('killed');
      },
  });
}

describeDynamo('a dispatcher that is killed when its claim is written and no runner started', (setup) => {
  test('leaves a job that goes back to the queue when the lease is over, and that the next one starts', async () => {
    const stores = await setup();
    try {
      const { jobs, nodes } = stores;
      const lab = { ...fakeLab(), jobs, nodes };
      await nodes.register([nodeSpec('n')], 1);
      await jobs.createRun(newRun('r'));
      const [jobId = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob('one')], now: 2 });
      await expect(dispatch({ ...lab, jobs: killedAfterClaim(jobs) }, everyone)).rejects.toThrow('killed');
      expect(lab.launcher.launched).toEqual([]);
      expect(await jobs.getJob('r', jobId)).toMatchObject({ status: 'waiting', nodes: ['n'], runner: null });
      expect((await dispatch(lab, everyone)).started).toBe(0);

      const graceMs = 15_000;
      const sweeper = createSweeper(lab, { graceMs, awayMs: 90_000 });
      expect(await sweeper.sweep()).toMatchObject({ requeued: [] });
      lab.clock.time += leaseMs + 1;
      expect(await sweeper.sweep()).toMatchObject({ requeued: [jobId], ended: [] });
      expect(await nodes.get('n')).toMatchObject({ state: 'free', lock: null });
      expect((await dispatch(lab, everyone)).started).toBe(1);
      expect(lab.launcher.launched).toMatchObject([
        { attempt: { run: 'r', jobId, fence: 2 }, attemptNumber: 2 },
      ]);
    } finally {
      await stores.close();
    }
  });
});

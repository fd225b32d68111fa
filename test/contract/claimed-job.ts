import type { AttemptRef } from '../../core/ports/job-store.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import type { StoresUnderTest } from './race.ts';

/** A run `r` with one job that has claimed two of the nodes `a`, `b` and `c`, and what the cases look at. */
export function claimedJob(get: () => StoresUnderTest) {
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
  return { claimed, counts, states };
}

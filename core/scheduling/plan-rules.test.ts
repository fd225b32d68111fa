import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { busy, hour, job, node, planned } from '../../test/fixtures/plan-input.ts';
import { usualRules } from './queue-rules.ts';
import type { QueueRules } from './queue-rules.ts';

const rules = (changes: Partial<QueueRules>): { rules: QueueRules } => ({
  rules: { ...usualRules, ...changes },
});
const quota = (all: number | null, byType: Record<string, number> = {}) =>
  rules({ quota: { all, byType: new Map(Object.entries(byType)) } });
const ids = (list: readonly { jobId: number }[]) => list.map(({ jobId }) => jobId);

describe('what earlier jobs took', () => {
  const nodes = [node('a'), busy('b', 9)];
  const big = job(1, { nodeCount: 2, maxSeconds: 72 * 3600 });
  const short = job(2, { maxSeconds: 72 * 3600, expected: { shortest: 60, longest: 600 } });
  const running = [{ jobId: 9, endsBy: 71 * hour, earliestEnd: hour, likelyEnd: 3 * hour }];

  test('lets a job overtake that is expected to be gone in time, though it might take longer', () => {
    expect(ids(planned({ jobs: [big, short], nodes, running }).claims)).toEqual([2]);
    expect(ids(planned({ jobs: [big, { ...short, expected: null }], nodes, running }).claims)).toEqual([]);
  });

  test('does not let it pass a job that has waited for longer than patience lasts', () => {
    const waited = { ...big, submittedAt: -usualRules.patienceMs };
    expect(ids(planned({ jobs: [waited, short], nodes, running }).claims)).toEqual([]);
    const sure = { ...short, maxSeconds: 3600 };
    expect(ids(planned({ jobs: [waited, sure], nodes, running }).claims)).toEqual([2]);
  });

  test('gives the interval in which a job starts', () => {
    const turnover = 5 * 60_000;
    expect(planned({ jobs: [big], nodes, running }).waiting).toMatchObject([
      { earliestAt: hour, likelyAt: 3 * hour + turnover, latestAt: 71 * hour + turnover },
    ]);
    const unknown = [{ jobId: 9, endsBy: 71 * hour }];
    expect(planned({ jobs: [big], nodes, running: unknown }).waiting).toMatchObject([
      { earliestAt: 0, likelyAt: 71 * hour + turnover, latestAt: 71 * hour + turnover },
    ]);
  });

  test('of a job that has run longer than any of its like, only the limit is left', () => {
    const late = [{ jobId: 9, endsBy: 71 * hour, earliestEnd: -hour, likelyEnd: -1 }];
    expect(planned({ jobs: [big], nodes, running: late }).waiting[0]?.likelyAt).toBeGreaterThan(71 * hour);
  });
});

describe('nodes left for people', () => {
  const three = [node('a'), node('b'), node('c')];

  test('are not given to jobs, of each machine type', () => {
    const nodes = [...three, node('r', { machineType: 'rack' })];
    const jobs = [job(1), job(2), job(3, { machineType: 'rack' })];
    const result = planned({ jobs, nodes, ...rules({ reserveMachines: 2 }) });
    expect(ids(result.claims)).toEqual([1]);
    expect(result.waiting).toMatchObject([
      { jobId: 2, kind: 'reserved', reason: expect.stringContaining('2 of each type are left for people') },
      { jobId: 3, kind: 'impossible', reason: expect.stringContaining('2 of each type are left for people') },
    ]);
  });

  test('may be any of the type: jobs get those that only they can use', () => {
    const nodes = [node('a'), node('u', { osType: 'ubuntu', lastUsedAt: 9 })];
    const result = planned({ jobs: [job(1, { osType: 'ubuntu' })], nodes, ...rules({ reserveMachines: 1 }) });
    expect(result.claims[0]?.nodes).toEqual(['u']);
  });

  test('are kept for the moment when a big job starts, so that nobody delays it', () => {
    const nodes = [node('a'), node('b'), busy('c', 9)];
    const jobs = [job(1, { nodeCount: 2 }), job(2, { maxSeconds: 99 * 3600 }), job(3, { maxSeconds: 600 })];
    const running = [{ jobId: 9, endsBy: hour }];
    const result = planned({ jobs, nodes, running, ...rules({ reserveMachines: 1 }) });
    expect(ids(result.claims)).toEqual([3]);
    expect(result.waiting[0]).toMatchObject({ jobId: 1, latestAt: hour + 5 * 60_000 });
  });
});

describe('quotas', () => {
  const nodes = ['a', 'b', 'c', 'd'].map((name) => node(name));

  test('limit what an owner has, and nobody else', () => {
    const jobs = [job(1, { nodeCount: 2 }), job(2), job(3, { owner: 'bob' })];
    const result = planned({ jobs, nodes, ...quota(2) });
    expect(ids(result.claims)).toEqual([1, 3]);
    expect(result.waiting[0]).toMatchObject({ jobId: 2, kind: 'quota' });
    expect(result.waiting[0]?.reason).toBe(
      'waits for the quota: alice has 2 of the 2 nodes that an owner may have, and it needs 1',
    );
  });

  test('count what jobs and people hold already, by machine type', () => {
    const rack = (name: string) => node(name, { machineType: 'rack' });
    const lab = [busy('x', 9), ...nodes, rack('r'), rack('s')];
    const jobs = [job(1), job(2, { machineType: 'rack' }), job(3, { machineType: 'box,rack', nodeCount: 2 })];
    const result = planned({ jobs, nodes: lab, ...quota(null, { box: 1 }) });
    expect(result.claims).toMatchObject([{ jobId: 2 }]);
    expect(ids(result.waiting)).toEqual([1, 3]); // one rack is left, and none of box is allowed
    expect(result.waiting[0]?.reason).toContain('alice has 1 of the 1 nodes of type box');
  });

  test('small jobs of an owner do not starve his big one', () => {
    const lab = [busy('x', 9), busy('y', 8), ...nodes];
    const jobs = [job(1, { nodeCount: 2 }), job(2), job(3, { owner: 'bob' })];
    const result = planned({ jobs, nodes: lab, ...quota(3) });
    expect(ids(result.claims)).toEqual([3]);
    expect(result.waiting[1]?.reason).toContain('behind job 1 of the same owner');
  });

  test('leave a job that nodes are kept for its part: shorter ones of its owner do not use it up meanwhile', () => {
    const lab = [busy('x', 9), ...nodes];
    const running = [{ jobId: 9, endsBy: 71 * hour }];
    const jobs = [
      job(1, { owner: 'ann', nodeCount: 5 }),
      job(2, { owner: 'ann', maxSeconds: 60 }),
      job(3, { owner: 'bob', maxSeconds: 60 }),
    ];
    const tight = planned({ jobs, nodes: lab, running, ...quota(5) });
    expect(ids(tight.claims)).toEqual([3]);
    expect(tight.waiting).toMatchObject([
      { jobId: 1, kind: 'reserved' },
      {
        jobId: 2,
        kind: 'quota',
        reason: expect.stringContaining('; 5 more are kept for job 1, which comes first'),
      },
    ]);
    expect(ids(planned({ jobs, nodes: lab, running, ...quota(6) }).claims)).toEqual([2, 3]);
    expect(ids(planned({ jobs, nodes: lab, running, ...quota(null, { box: 5 }) }).claims)).toEqual([3]);
    expect(ids(planned({ jobs, nodes: lab, running, ...quota(null, { box: 6 }) }).claims)).toEqual([2, 3]);
  });

  test('jobs that no quota allows, or that wait for locks of their owner, keep nobody', () => {
    const lock = { id: 'x', owner: 'alice', job: null, fence: 1, since: 0, leaseUntil: null };
    const lab = [node('x', { state: 'locked', lock }), ...nodes];
    const jobs = [job(1, { nodeCount: 4 }), job(2, { nodeCount: 3 }), job(3)];
    const result = planned({ jobs, nodes: lab, ...quota(3) });
    expect(ids(result.claims)).toEqual([3]);
    expect(result.waiting.map(({ kind }) => kind)).toEqual(['impossible', 'held']);
  });
});

describe('fair share', () => {
  const fair = rules({ fairShare: true });
  const of = (owner: string, jobId: number, changes = {}) => job(jobId, { owner, ...changes });

  test('lets owners with fewer nodes go first, within one priority', () => {
    const nodes = [busy('x', 9), node('a'), node('b'), node('c')];
    const jobs = [of('alice', 1), of('alice', 2), of('bob', 3), of('bob', 4), of('carol', 5)];
    expect(ids(planned({ jobs, nodes, ...fair }).claims)).toEqual([3, 5, 1]);
    expect(ids(planned({ jobs, nodes }).claims)).toEqual([1, 2, 3]);
    const urgent = [...jobs, of('alice', 6, { priority: 1 })];
    expect(ids(planned({ jobs: urgent, nodes, ...fair }).claims)).toEqual([6, 3, 5]);
  });

  test('does not pass over a job that has waited for longer than patience lasts', () => {
    const nodes = [busy('x', 9), node('a')];
    const jobs = [of('alice', 1, { submittedAt: -usualRules.patienceMs }), of('bob', 2)];
    expect(ids(planned({ jobs, nodes, ...fair }).claims)).toEqual([1]);
  });
});

describe('with all rules at once, a big job is not starved (L9)', () => {
  const someJob = fc.record({
    owner: fc.constantFrom('a', 'b', 'c', 'd'),
    maxSeconds: fc.constantFrom(3600, 5400, 7200),
  });
  const someJobs = fc.array(someJob, { minLength: 60, maxLength: 60 });

  test('it starts when patience and what runs are over, however many others come, and whatever is expected of them', () => {
    fc.assert(
      fc.property(someJobs, fc.boolean(), (others, fairShare) => {
        expect(startOfBig(others, { fairShare, patienceMs: patience })).toBeLessThanOrEqual(
          patience + 3 * hour,
        );
      }),
      { numRuns: 60 },
    );
  });

  test.each([false, true])('without patience it would be, fair share being %s', (fairShare) => {
    const others = Array.from({ length: 60 }, (_, i) => ({ owner: 'bcd'.charAt(i % 3), maxSeconds: 5400 }));
    expect(startOfBig(others, { fairShare, patienceMs: Infinity })).toBe(Infinity);
  });
});

const patience = 6 * hour;

/**
 * When a job that wants all the nodes that people leave starts, while two others come every half hour that promise to be short, and are not.
 * The nodes come free one after the other.
 */
function startOfBig(
  others: readonly { owner: string; maxSeconds: number }[],
  changes: Pick<QueueRules, 'fairShare' | 'patienceMs'>,
): number {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const settings = { ...quota(5).rules, reserveMachines: 1, ...changes };
  const big = job(0, { owner: 'a', nodeCount: 4 });
  const queue = new Map([[0, big]]);
  const holders = new Map<string, { jobId: number; endsBy: number; owner: string; likelyEnd: number }>();
  for (const [i, name] of ['b', 'c', 'd'].entries()) {
    const endsBy = ((i + 1) * hour) / 2;
    holders.set(name, { jobId: 1000 + i, endsBy, owner: 'd', likelyEnd: endsBy });
  }
  for (let round = 0; round < others.length / 2; round++) {
    const now = (round * hour) / 2;
    for (const [name, held] of holders) if (held.endsBy <= now) holders.delete(name);
    for (const [i, other] of others.slice(2 * round, 2 * round + 2).entries()) {
      const expected = { shortest: 1, longest: 60 };
      const added = job(1 + 2 * round + i, { ...other, submittedAt: now, expected });
      queue.set(added.jobId, added);
    }
    const nodes = names.map((name) => {
      const held = holders.get(name);
      const made = held === undefined ? node(name) : busy(name, held.jobId);
      return made.lock === null ? made : { ...made, lock: { ...made.lock, owner: held?.owner ?? '' } };
    });
    const result = planned({
      now,
      jobs: [...queue.values()],
      nodes,
      running: [...holders.values()],
      rules: settings,
    });
    for (const claim of result.claims) {
      const { owner, maxSeconds } = queue.get(claim.jobId) ?? big;
      if (claim.jobId === 0) return now;
      queue.delete(claim.jobId);
      for (const name of claim.nodes)
        holders.set(name, {
          jobId: claim.jobId,
          owner,
          endsBy: now + maxSeconds * 1000,
          likelyEnd: now + 60_000,
        });
    }
  }
  return Infinity;
}

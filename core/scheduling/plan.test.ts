import { describe, expect, test } from 'vitest';
import { busy, hour, job, node, planned } from '../../test/fixtures/plan-input.ts';

describe('plan()', () => {
  test('serves by priority, then by submission', () => {
    const jobs = [job(1), job(2, { priority: 5 }), job(3, { priority: 5 })];
    const result = planned({ jobs, nodes: [node('a'), node('b')] });
    expect(result.claims.map((claim) => claim.jobId)).toEqual([2, 3]);
    expect(result.waiting.map((waiting) => waiting.jobId)).toEqual([1]);
  });

  test('takes the nodes that were least recently used', () => {
    const nodes = [
      node('a', { lastUsedAt: 30 }),
      node('b', { lastUsedAt: 10 }),
      node('c', { lastUsedAt: 20 }),
    ];
    expect(planned({ jobs: [job(1, { nodeCount: 2 })], nodes }).claims[0]?.nodes).toEqual(['b', 'c']);
  });

  test('honours machine type, system, version and architecture', () => {
    const nodes = [
      node('rack', { machineType: 'rack' }),
      node('suse', { osType: 'suse' }),
      node('old', { osVersion: '11' }),
      node('arm', { arch: 'aarch64' }),
      node('right'),
    ];
    const jobs = [job(1, { osType: 'Debian', osVersion: '12', arch: 'x86_64' })];
    expect(planned({ jobs, nodes }).claims).toEqual([{ run: 'r', jobId: 1, nodes: ['right'] }]);
  });

  test('a comma list takes nodes of any of its types', () => {
    const nodes = [node('a'), node('b', { machineType: 'rack' }), node('c', { machineType: 'other' })];
    const result = planned({ jobs: [job(1, { machineType: 'box, rack', nodeCount: 2 })], nodes });
    expect(result.claims[0]?.nodes).toEqual(['a', 'b']);
  });

  test('a job without nodes starts at once, behind whoever waits', () => {
    const jobs = [job(1, { nodeCount: 3 }), job(2, { nodeCount: 0 })];
    expect(planned({ jobs, nodes: [node('a'), busy('b', 9), busy('c', 9)] }).claims).toEqual([
      { run: 'r', jobId: 2, nodes: [] },
    ]);
  });

  describe('jobs that can never be served', () => {
    test('keep nothing, block nobody, and say what is wrong', () => {
      const nodes = [node('a'), node('b'), node('sick', { state: 'quarantined', reason: 'bad disk' })];
      const jobs = [job(1, { nodeCount: 3 }), job(2, { osType: 'ubuntu' }), job(3, { nodeCount: 2 })];
      const result = planned({ jobs, nodes });
      expect(result.claims).toEqual([{ run: 'r', jobId: 3, nodes: ['a', 'b'] }]);
      expect(result.waiting).toMatchObject([
        { jobId: 1, kind: 'impossible', reason: expect.stringContaining('sick is quarantined (bad disk)') },
        { jobId: 2, kind: 'impossible', reason: expect.stringContaining('a has debian, not ubuntu') },
      ]);
    });

    test('so do jobs that wait for a person who may never give a node back', () => {
      const lock = { id: 'x', owner: 'bob', job: null, fence: 1, since: 0, leaseUntil: null };
      const nodes = [node('a'), node('b', { state: 'locked', lock })];
      const result = planned({ jobs: [job(1, { nodeCount: 2 }), job(2)], nodes });
      expect(result.claims.map((claim) => claim.jobId)).toEqual([2]);
      expect(result.waiting[0]).toMatchObject({
        kind: 'held',
        reason: expect.stringContaining('b is locked by bob'),
      });
    });
  });

  describe('a big job at the head', () => {
    const nodes = [node('a'), busy('b', 9)];
    const running = [{ jobId: 9, endsBy: 10 * hour }];
    const big = job(1, { nodeCount: 2 });

    test('keeps free nodes from jobs that would still run when it can start', () => {
      const result = planned({ jobs: [big, job(2, { maxSeconds: 11 * 3600 })], nodes, running });
      expect(result.claims).toEqual([]);
      expect(result.waiting[0]).toMatchObject({ kind: 'reserved', latestAt: 10 * hour + 5 * 60_000 });
      expect(result.waiting[1]?.reason).toContain('a is kept for job 1');
    });

    test('lends them to jobs that are certain to be gone by then', () => {
      const result = planned({ jobs: [big, job(2, { maxSeconds: 3600 })], nodes, running });
      expect(result.claims).toEqual([{ run: 'r', jobId: 2, nodes: ['a'] }]);
    });

    test('leaves alone the nodes that it does not need', () => {
      const result = planned({
        jobs: [big, job(2, { maxSeconds: 99 * 3600 })],
        nodes: [...nodes, node('c', { lastUsedAt: 1 })],
        running,
      });
      expect(result.claims).toEqual([{ run: 'r', jobId: 1, nodes: ['a', 'c'] }]);
    });
  });

  describe('a long queue', () => {
    test('has promises for the first jobs of each pool of nodes; those behind say what is in the way, and are not let past', () => {
      const nodes = [node('a'), busy('b', 9), busy('c', 9, { machineType: 'rack' })];
      const jobs = [
        ...Array.from({ length: 40 }, (_, i) => job(i + 1, { nodeCount: 2 })),
        job(41, { machineType: 'rack' }),
        job(42),
      ];
      const result = planned({ jobs, nodes, running: [{ jobId: 9, endsBy: hour / 2 }] });
      expect(result.claims).toEqual([]);
      expect(result.waiting[31]).toMatchObject({ jobId: 32, latestAt: expect.any(Number) });
      expect(result.waiting[32]).toMatchObject({ jobId: 33, kind: 'reserved', latestAt: null });
      expect(result.waiting[32]?.reason).toContain('a is kept for job 1, which comes first');
      // The first that other nodes can serve keeps some, whatever stands before it.
      expect(result.waiting[40]).toMatchObject({ jobId: 41, latestAt: expect.any(Number) });
      expect(result.waiting[41]).toMatchObject({ jobId: 42, kind: 'reserved' });
    });

    test('of jobs that differ in length alone, the short one behind a refused one still starts', () => {
      const nodes = [node('a'), busy('b', 9)];
      const jobs = [job(1, { nodeCount: 2 }), job(2, { maxSeconds: 7200 }), job(3, { maxSeconds: 600 })];
      const result = planned({ jobs, nodes, running: [{ jobId: 9, endsBy: hour }] });
      expect(result.claims).toEqual([{ run: 'r', jobId: 3, nodes: ['a'] }]);
    });
  });

  describe('runner slots', () => {
    test('limit how many start, in order', () => {
      const result = planned({
        jobs: [job(1), job(2), job(3)],
        nodes: [node('a'), node('b'), node('c')],
        slots: 2,
      });
      expect(result.claims.map((claim) => claim.jobId)).toEqual([1, 2]);
      expect(result.waiting[0]).toMatchObject({ jobId: 3, kind: 'slot' });
    });

    test('the last one is left for the job that waits for nodes', () => {
      const jobs = [job(1, { nodeCount: 2 }), job(2, { nodeCount: 0 }), job(3, { nodeCount: 0 })];
      const result = planned({
        jobs,
        nodes: [node('a'), busy('b', 9)],
        running: [{ jobId: 9, endsBy: hour }],
        slots: 2,
      });
      expect(result.claims.map((claim) => claim.jobId)).toEqual([2]);
    });
  });
});

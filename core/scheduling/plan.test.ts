import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mismatches } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import { plan } from './plan.ts';
import type { PlanInput, QueuedJob } from './plan.ts';

const hour = 3_600_000;

function node(name: string, changes: Partial<Node> = {}): Node {
  return {
    name,
    machineType: 'box',
    provider: 'shelf',
    user: 'ubuntu',
    address: name,
    port: 22,
    hostKey: null,
    identityFile: null,
    arch: 'x86_64',
    osType: 'debian',
    osVersion: '12',
    state: 'free',
    lock: null,
    fence: 0,
    description: null,
    reason: null,
    stateSince: 0,
    lastUsedAt: 0,
    ...changes,
  };
}

/** A node that a job has until its deadline. */
function busy(name: string, jobId: number, changes: Partial<Node> = {}): Node {
  const lock = {
    id: `job:${jobId}`,
    owner: 'alice',
    job: { run: 'r', jobId },
    fence: 1,
    since: 0,
    leaseUntil: 60_000,
  };
  return node(name, { state: 'locked', lock, ...changes });
}

function job(jobId: number, changes: Partial<QueuedJob> = {}): QueuedJob {
  return {
    run: 'r',
    jobId,
    machineType: 'box',
    nodeCount: 1,
    osType: null,
    osVersion: null,
    arch: null,
    priority: 1000,
    maxSeconds: 3600,
    ...changes,
  };
}

function planned(input: Partial<PlanInput>) {
  return plan({ now: 0, jobs: [], nodes: [], running: [], slots: null, ...input });
}

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
      expect(result.waiting[0]).toMatchObject({ kind: 'reserved', expectedAt: 10 * hour + 5 * 60_000 });
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

const someNode = fc.record({
  machineType: fc.constantFrom('box', 'rack'),
  osType: fc.constantFrom('debian', 'ubuntu'),
  lastUsedAt: fc.nat(5),
  kind: fc.constantFrom('free', 'free', 'busy', 'person', 'forever', 'dirty', 'cleaning', 'quarantined'),
  endsBy: fc.integer({ min: -hour, max: 20 * hour }),
});
const someJob = fc.record({
  machineType: fc.constantFrom('box', 'rack', 'box,rack'),
  nodeCount: fc.nat(4),
  osType: fc.constantFrom(null, null, 'debian', 'ubuntu'),
  priority: fc.nat(2),
  maxSeconds: fc.integer({ min: 60, max: 15 * 3600 }),
});

function labOf(
  specs: readonly (typeof someNode extends fc.Arbitrary<infer T> ? T : never)[],
): Pick<PlanInput, 'nodes' | 'running'> {
  const nodes = specs.map((spec, i): Node => {
    const { machineType, osType, lastUsedAt, kind, endsBy } = spec;
    const base = { machineType, osType, lastUsedAt };
    const name = `n${i}`;
    if (kind === 'busy') return busy(name, 1000 + i, base);
    const lock = {
      id: name,
      owner: 'bob',
      job: null,
      fence: 1,
      since: 0,
      leaseUntil: kind === 'person' ? endsBy : null,
    };
    if (kind === 'person' || kind === 'forever') return node(name, { ...base, state: 'locked', lock });
    return node(name, { ...base, state: kind });
  });
  return { nodes, running: specs.map((spec, i) => ({ jobId: 1000 + i, endsBy: spec.endsBy })) };
}

const someLab = fc.array(someNode, { maxLength: 10 }).map(labOf);
const someQueue = fc.array(someJob, { maxLength: 12 }).map((jobs) => jobs.map((spec, i) => job(i + 1, spec)));
const someSlots = fc.option(fc.nat(6));

describe('every plan', () => {
  test('gives free, fitting nodes, each to one job, as many as it wants, and accounts for every job', () => {
    fc.assert(
      fc.property(someLab, someQueue, someSlots, (lab, jobs, slots) => {
        const result = planned({ ...lab, jobs, slots });
        const given = result.claims.flatMap((claim) => claim.nodes);
        expect(new Set(given).size).toBe(given.length);
        for (const claim of result.claims) {
          const wish = jobs.find(({ jobId }) => jobId === claim.jobId);
          if (wish === undefined) throw new Error('a job was invented');
          expect(claim.nodes).toHaveLength(wish.nodeCount);
          for (const name of claim.nodes) {
            const chosen = lab.nodes.find((candidate) => candidate.name === name);
            expect(chosen?.state).toBe('free');
            expect(chosen === undefined ? ['unknown'] : mismatches(chosen, wish)).toEqual([]);
          }
        }
        expect(result.claims.length).toBeLessThanOrEqual(slots ?? Infinity);
        const ids = [...result.claims, ...result.waiting].map(({ jobId }) => jobId).sort((a, b) => a - b);
        expect(ids).toEqual(jobs.map(({ jobId }) => jobId));
        for (const waiting of result.waiting) expect(waiting.reason).not.toBe('');
      }),
    );
  });

  test('gives a job the same, whoever stands behind it', () => {
    fc.assert(
      fc.property(someLab, someQueue, someSlots, fc.nat(12), (lab, jobs, slots, length) => {
        const order = [...jobs].sort((a, b) => a.priority - b.priority || a.jobId - b.jobId);
        const front = order.slice(0, length);
        const ids = new Set(front.map(({ jobId }) => jobId));
        const alone = planned({ ...lab, jobs: front, slots });
        const together = planned({ ...lab, jobs, slots });
        expect(together.claims.filter(({ jobId }) => ids.has(jobId))).toEqual(alone.claims);
        expect(together.waiting.filter(({ jobId }) => ids.has(jobId))).toEqual(alone.waiting);
      }),
    );
  });

  test('is not changed by jobs that can never be served', () => {
    fc.assert(
      fc.property(someLab, someQueue, someSlots, (lab, jobs, slots) => {
        const impossible = job(0, { nodeCount: 11, priority: 0 });
        const without = planned({ ...lab, jobs, slots });
        const withIt = planned({ ...lab, jobs: [impossible, ...jobs], slots });
        expect(withIt.claims).toEqual(without.claims);
        expect(withIt.waiting).toEqual([
          expect.objectContaining({ jobId: 0, kind: 'impossible' }),
          ...without.waiting,
        ]);
      }),
    );
  });

  test('starts something when the lab is idle and somebody can be served', () => {
    fc.assert(
      fc.property(fc.array(someNode, { minLength: 1, maxLength: 8 }), someQueue, (specs, jobs) => {
        const lab = labOf(specs.map((spec) => ({ ...spec, kind: 'free' as const })));
        const result = planned({ ...lab, jobs });
        const possible = result.waiting.filter((waiting) => waiting.kind !== 'impossible');
        expect(possible.length === 0 || result.claims.length > 0).toBe(true);
      }),
    );
  });
});

describe('a lab that is never idle', () => {
  test('serves a big job by the time it was promised, however many small ones keep coming', () => {
    const someLengths = fc.array(fc.integer({ min: 60, max: 4 * 3600 }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(someLengths, (lengths) => {
        const { startedAt, promisedAt } = pressedBy(lengths);
        expect(startedAt).toBeLessThanOrEqual(promisedAt);
      }),
    );
  });
});

/** When a job that wants all four nodes starts, and when it was told to, while each hour brings more small jobs. */
function pressedBy(lengths: readonly number[]): { startedAt: number; promisedAt: number } {
  const names = ['a', 'b', 'c', 'd'];
  const big = job(5, { nodeCount: 4 });
  const holders = new Map(names.slice(1).map((name, i) => [name, { jobId: i + 1, endsBy: (i + 1) * hour }]));
  let now = 0;
  let promisedAt = Infinity;
  for (const [round, maxSeconds] of lengths.entries()) {
    const small = [1, 2].map((i) => job(5 + 2 * round + i, { maxSeconds }));
    const nodes = names.map((name) =>
      holders.has(name) ? busy(name, holders.get(name)?.jobId ?? 0) : node(name),
    );
    const result = planned({ now, jobs: [big, ...small], nodes, running: [...holders.values()] });
    if (result.claims.some((claim) => claim.jobId === big.jobId)) return { startedAt: now, promisedAt };
    promisedAt = Math.min(promisedAt, result.waiting[0]?.expectedAt ?? Infinity);
    for (const { jobId, nodes: given } of result.claims) {
      for (const name of given) holders.set(name, { jobId, endsBy: now + maxSeconds * 1000 });
    }
    now = Math.min(...[...holders.values()].map((holder) => holder.endsBy));
    for (const [name, holder] of holders) if (holder.endsBy <= now) holders.delete(name);
  }
  return { startedAt: Infinity, promisedAt };
}

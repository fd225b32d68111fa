import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { busy, hour, job, node, planned } from '../../test/fixtures/plan-input.ts';
import { mismatches } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import type { PlanInput } from './plan.ts';

const someNode = fc.record({
  machineType: fc.constantFrom('box', 'rack'),
  osType: fc.constantFrom('debian', 'ubuntu'),
  lastUsedAt: fc.nat(5),
  kind: fc.constantFrom('free', 'free', 'busy', 'person', 'forever', 'dirty', 'cleaning', 'quarantined'),
  endsBy: fc.integer({ min: -hour, max: 20 * hour }),
});
const someRole = fc.record({
  role: fc.constant('client.0'),
  machineType: fc.constantFrom('box', 'rack', 'box,rack'),
  osType: fc.constantFrom(null, 'debian', 'ubuntu'),
  osVersion: fc.constant(null),
  arch: fc.constant(null),
});
const someAlike = fc.record({
  machineType: fc.constantFrom('box', 'rack', 'box,rack'),
  nodeCount: fc.nat(4),
  osType: fc.constantFrom(null, null, 'debian', 'ubuntu'),
  priority: fc.nat(2),
  maxSeconds: fc.integer({ min: 60, max: 15 * 3600 }),
});
/** One of three asks for nodes that differ. */
const someJob = fc.oneof(
  { weight: 2, arbitrary: someAlike.map((spec) => ({ ...spec, roleWishes: null })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(someAlike, fc.array(someRole, { maxLength: 4 }))
      .map(([spec, roleWishes]) => ({ ...spec, roleWishes, nodeCount: roleWishes.length })),
  },
);

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
          for (const [place, name] of claim.nodes.entries()) {
            const chosen = lab.nodes.find((candidate) => candidate.name === name);
            expect(chosen?.state).toBe('free');
            expect(
              chosen === undefined ? ['unknown'] : mismatches(chosen, wish.roleWishes?.[place] ?? wish),
            ).toEqual([]);
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
        expect(promisedAt).toBeLessThan(Infinity); // without a promise the next line could not fail
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
    promisedAt = Math.min(promisedAt, result.waiting[0]?.latestAt ?? Infinity);
    for (const { jobId, nodes: given } of result.claims) {
      for (const name of given) holders.set(name, { jobId, endsBy: now + maxSeconds * 1000 });
    }
    now = Math.min(...[...holders.values()].map((holder) => holder.endsBy));
    for (const [name, holder] of holders) if (holder.endsBy <= now) holders.delete(name);
  }
  return { startedAt: Infinity, promisedAt };
}

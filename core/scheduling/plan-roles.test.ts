import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { busy, hour, job, node, planned } from '../../test/fixtures/plan-input.ts';
import { mismatches } from '../locks/match.ts';
import type { RoleWish } from '../locks/match.ts';
import type { Node } from '../locks/node.ts';
import { usualRules } from './queue-rules.ts';

const wish = (role: string, changes: Partial<RoleWish> = {}): RoleWish => {
  return { role, machineType: 'box', osType: null, osVersion: null, arch: null, ...changes };
};
const arm = (name: string, changes: Partial<Node> = {}) => node(name, { arch: 'aarch64', ...changes });
const asks = (jobId: number, roleWishes: readonly RoleWish[], changes = {}) =>
  job(jobId, { nodeCount: roleWishes.length, roleWishes, ...changes });

describe('a job whose nodes are not all to be the same', () => {
  test('gets each in the place of its role, of those that fit the least recently used', () => {
    const nodes = [node('x'), arm('old', { lastUsedAt: 1 }), arm('new', { lastUsedAt: 2 }), node('y')];
    const jobs = [asks(1, [wish('mon.a'), wish('client.0', { arch: 'aarch64' }), wish('mon.b')])];
    expect(planned({ jobs, nodes }).claims).toEqual([{ run: 'r', jobId: 1, nodes: ['x', 'old', 'y'] }]);
  });

  test('gets them where taking the first that fits would leave none for another role', () => {
    const nodes = [arm('a'), node('b', { lastUsedAt: 5 })];
    const jobs = [asks(1, [wish('mon.a'), wish('client.0', { arch: 'aarch64' })])];
    expect(planned({ jobs, nodes }).claims[0]?.nodes).toEqual(['b', 'a']);
  });

  test('is told which role it waits for', () => {
    const nodes = [node('a'), node('b'), busy('c', 9, { arch: 'aarch64' })];
    const running = [{ jobId: 9, endsBy: hour }];
    const jobs = [asks(1, [wish('mon.a'), wish('client.0', { arch: 'aarch64' })])];
    const [waiting] = planned({ jobs, nodes, running }).waiting;
    expect(waiting).toMatchObject({ kind: 'reserved', latestAt: hour + 5 * 60_000 });
    expect(waiting?.reason).toMatch(
      /^waits for 1 node of type box with aarch64 for client.0: c is locked by alice for r\/9; at the latest /,
    );
  });

  test('can never start when one role cannot be served, and keeps nothing', () => {
    const jobs = [asks(1, [wish('mon.a'), wish('client.0', { arch: 'aarch64' })]), job(2)];
    const result = planned({ jobs, nodes: [node('a')] });
    expect(result.claims).toMatchObject([{ jobId: 2 }]);
    expect(result.waiting).toMatchObject([
      {
        kind: 'impossible',
        reason:
          'can never start: it needs 1 node of type box with aarch64 for client.0, the lab has 0: a is x86_64, not aarch64',
      },
    ]);
  });

  test('can never start when the same nodes would have to serve several roles', () => {
    const want = { arch: 'aarch64' };
    const jobs = [asks(1, [wish('mon.a', want), wish('client.0', want), wish('osd.0')])];
    const result = planned({ jobs, nodes: [arm('a'), node('b'), node('c')] });
    expect(result.waiting[0]?.reason).toMatch(
      /^can never start: it needs 2 nodes of type box with aarch64 for mon.a, client.0, the lab has 1: /,
    );
  });

  test('waits for people who hold what only one of its roles needs', () => {
    const lock = { id: 'x', owner: 'bob', job: null, fence: 1, since: 0, leaseUntil: null };
    const nodes = [node('a'), arm('b', { state: 'locked', lock })];
    const jobs = [asks(1, [wish('mon.a'), wish('client.0', { arch: 'aarch64' })])];
    expect(planned({ jobs, nodes }).waiting).toMatchObject([
      { kind: 'held', reason: expect.stringMatching(/for client.0 .*b is locked by bob without an end/) },
    ]);
  });

  test('takes nodes of different machine types, and leaves those that people may want', () => {
    const rack = (name: string) => node(name, { machineType: 'rack' });
    const jobs = [asks(1, [wish('mon.a'), wish('client.0', { machineType: 'rack' })])];
    const rules = { ...usualRules, reserveMachines: 1 };
    const enough = [node('a'), node('b'), rack('r'), rack('s')];
    expect(planned({ jobs, nodes: enough, rules }).claims[0]?.nodes).toEqual(['a', 'r']);
    expect(planned({ jobs, nodes: enough.slice(0, 3), rules }).waiting[0]?.kind).toBe('impossible');
  });

  test('starts within the quotas of its owner for each type, or says which stands against it', () => {
    const rack = (name: string) => node(name, { machineType: 'rack' });
    const nodes = [node('a'), node('b'), rack('r'), rack('s'), rack('t')];
    const quota = { all: null, byType: new Map([['box', 1]]) };
    const racks = [wish('client.0', { machineType: 'rack' }), wish('client.1', { machineType: 'rack' })];
    const rules = { ...usualRules, quota };
    const jobs = [asks(1, [wish('mon.a'), wish('mon.b')]), asks(2, [wish('mon.a'), ...racks])];
    const result = planned({ jobs: [...jobs, asks(3, [wish('mon.a')])], nodes, rules });
    expect(result.claims).toMatchObject([{ jobId: 2, nodes: ['a', 'r', 's'] }]);
    expect(result.waiting).toMatchObject([
      { jobId: 1, kind: 'impossible' },
      { jobId: 3, kind: 'quota', reason: expect.stringContaining('1 of the 1 nodes of type box') },
    ]);
    const mixed = [wish('mon.a'), wish('client.0', { machineType: 'rack' })];
    const held = [busy('x', 9), ...nodes]; // alice has a box already
    expect(planned({ jobs: [asks(4, mixed)], nodes: held, rules }).waiting).toMatchObject([
      { kind: 'quota', reason: expect.stringContaining('more than the 1 of type box that alice may have') },
    ]);
    const never = [asks(5, [wish('mon.a'), ...mixed])];
    expect(planned({ jobs: never, nodes, rules }).waiting[0]?.reason).toContain(
      'can never start: its roles need',
    );
  });

  test('keeps the nodes that will likely serve it first, and no others', () => {
    const nodes = [
      node('a'),
      node('b'),
      busy('c', 9, { arch: 'aarch64' }),
      arm('d', { state: 'quarantined' }),
    ];
    const running = [{ jobId: 9, endsBy: 2 * hour }];
    const long = { maxSeconds: 99 * 3600 };
    const jobs = [
      asks(1, [wish('mon.a'), wish('client.0', { arch: 'aarch64' })]),
      job(2, long),
      job(3, long),
    ];
    const result = planned({ jobs, nodes, running });
    expect(result.claims).toMatchObject([{ jobId: 2, nodes: ['b'] }]);
    expect(result.waiting.map(({ jobId }) => jobId)).toEqual([1, 3]);
  });
});

describe('on an idle lab', () => {
  const someNode = fc.record({
    machineType: fc.constantFrom('box', 'rack'),
    osType: fc.constantFrom('debian', 'ubuntu'),
    arch: fc.constantFrom('x86_64', 'aarch64'),
  });
  const someWish = fc.record({
    role: fc.constant('r.0'),
    machineType: fc.constantFrom('box', 'rack', 'box,rack'),
    osType: fc.constantFrom(null, 'debian', 'ubuntu'),
    osVersion: fc.constant(null),
    arch: fc.constantFrom(null, 'x86_64', 'aarch64'),
  });

  test('a job starts exactly when there is a way to give each role a node of its own', () => {
    fc.assert(
      fc.property(
        fc.array(someNode, { maxLength: 6 }),
        fc.array(someWish, { minLength: 1, maxLength: 4 }),
        (specs, wishes) => {
          const nodes = specs.map((spec, i) => node(`n${i}`, spec));
          const result = planned({ jobs: [asks(1, wishes)], nodes });
          expect(result.claims.length === 1).toBe(isPossible(nodes, wishes));
          expect(result.waiting.every(({ kind }) => kind === 'impossible')).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

/** Tries every way. */
function isPossible(nodes: readonly Node[], [first, ...others]: readonly RoleWish[]): boolean {
  if (first === undefined) return true;
  return nodes.some((node) => {
    const rest = nodes.filter((other) => other !== node);
    return mismatches(node, first).length === 0 && isPossible(rest, others);
  });
}

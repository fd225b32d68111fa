import { expect, test } from 'vitest';
import { busy, hour, job, node, planned } from '../../test/fixtures/plan-input.ts';
import { usualRules } from './queue-rules.ts';
import type { QueueRules } from './queue-rules.ts';

const quota = (byType: Record<string, number>, changes: Partial<QueueRules> = {}) => ({
  rules: { ...usualRules, quota: { all: null, byType: new Map(Object.entries(byType)) }, ...changes },
});
const rack = (name: string) => node(name, { machineType: 'rack' });
const boxes = ['a', 'b', 'c'].map((name) => node(name));
const either = { machineType: 'box,rack', nodeCount: 3 };
const ids = (list: readonly { jobId: number }[]) => list.map(({ jobId }) => jobId);

test('a job of several types that the quota of one leaves too few nodes of all can never start, and keeps nobody', () => {
  const jobs = [job(1, either), job(2, { owner: 'bob', maxSeconds: 99 * 3600 })];
  for (const limits of [{ box: 1 }, { box: 1, rack: 5 }] as Record<string, number>[]) {
    const result = planned({ jobs, nodes: [...boxes, rack('r')], ...quota(limits) });
    expect(result.waiting).toMatchObject([
      {
        jobId: 1,
        kind: 'impossible',
        reason:
          'can never start: it needs 3, and alice may have 1 of the 3 nodes of type box and all 1 of type rack',
      },
    ]);
    expect(ids(result.claims)).toEqual([2]);
  }
  const enough = planned({ jobs, nodes: [...boxes, rack('r'), rack('s')], ...quota({ box: 1 }) });
  expect(enough.claims.map(({ nodes }) => nodes)).toEqual([['a', 'r', 's'], ['b']]);
});

test('nodes that are left for people count for nothing', () => {
  const nodes = [...boxes, rack('r'), rack('s'), rack('t')];
  const left = quota({ box: 1 }, { reserveMachines: 1 });
  expect(planned({ jobs: [job(1, either)], nodes, ...left }).claims).toHaveLength(1);
  const fewer = planned({ jobs: [job(1, either)], nodes: nodes.slice(0, -1), ...left });
  expect(fewer.waiting).toMatchObject([{ kind: 'impossible' }]);
});

test('it waits for the quota while its owner has what it needs, and his later jobs do not take that', () => {
  const nodes = [busy('x', 9), ...boxes, rack('r'), rack('s')];
  const jobs = [
    job(1, { machineType: 'box,rack', nodeCount: 4 }),
    job(2),
    job(3, { machineType: 'box,rack' }),
    job(4, { owner: 'bob' }),
  ];
  const running = [{ jobId: 9, endsBy: hour }];
  const result = planned({ jobs, nodes, running, ...quota({ box: 2 }) });
  expect(result.waiting).toMatchObject([
    {
      jobId: 1,
      kind: 'quota',
      reason: expect.stringContaining(
        'alice may have 1 more of the 4 nodes of type box and all 2 of type rack',
      ),
    },
    { jobId: 2, kind: 'quota', reason: expect.stringContaining('behind job 1 of the same owner') },
  ]);
  expect(result.claims).toMatchObject([
    { jobId: 3, nodes: ['r'] },
    { jobId: 4, nodes: ['a'] },
  ]);
});

test('it waits for locks of its owner without an end, and keeps nobody', () => {
  const lock = { id: 'x', owner: 'alice', job: null, fence: 1, since: 0, leaseUntil: null };
  const nodes = [node('x', { state: 'locked', lock }), ...boxes, rack('r'), rack('s')];
  const jobs = [job(1, { machineType: 'box,rack', nodeCount: 4 }), job(2)];
  const result = planned({ jobs, nodes, ...quota({ box: 2 }) });
  expect(result.waiting).toMatchObject([{ jobId: 1, kind: 'held' }]);
  expect(ids(result.claims)).toEqual([2]);
});

test('what is kept for it is what it may have: the others are free for all, and those that it needs are not', () => {
  const nodes = [...boxes, { ...busy('r', 9), machineType: 'rack' }, rack('s')];
  const running = [{ jobId: 9, endsBy: hour }];
  const long = { maxSeconds: 99 * 3600 };
  const jobs = [
    job(1, either),
    job(2, { ...long, owner: 'bob', machineType: 'rack' }),
    ...['bob', 'carol', 'dave'].map((owner, i) => job(3 + i, { ...long, owner })),
  ];
  const result = planned({ jobs, nodes, running, ...quota({ box: 1 }) });
  expect(result.waiting).toMatchObject([
    { jobId: 1, kind: 'reserved', latestAt: hour + 5 * 60_000 },
    { jobId: 2, kind: 'reserved' },
    { jobId: 5, kind: 'reserved' },
  ]);
  expect(ids(result.claims)).toEqual([3, 4]);
});

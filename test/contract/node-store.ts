import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { request } from './lock-request.ts';
import { pagedInventoryCases } from './node-inventory.ts';
import { moveCases } from './node-moves.ts';
import { careCases } from './node-store-care.ts';
import type { Grant } from './race-acts.ts';
import { race } from './race.ts';
import type { StoresUnderTest } from './race.ts';

/** What every node store must do. `setup` gives empty stores; `close` of them takes everything away. */
export function describeNodeStore(params: { name: string; setup: () => Promise<StoresUnderTest> }): void {
  describe(`node store: ${params.name}`, () => {
    let stores: StoresUnderTest;
    beforeEach(async () => {
      stores = await params.setup();
      await stores.nodes.register(
        ['c', 'a', 'b'].map((name) => nodeSpec(name)),
        1,
      );
    });
    afterEach(async () => stores.close());
    inventoryCases(() => stores);
    pagedInventoryCases(() => stores);
    lockCases(() => stores);
    careCases(() => stores);
    moveCases(() => stores);
    nodeRaceCases(() => stores);
  });
}

function inventoryCases(get: () => StoresUnderTest): void {
  describe('the inventory', () => {
    test('every field of a node comes back, and nodes are listed by name', async () => {
      const { nodes } = get();
      expect((await nodes.list()).map((node) => node.name)).toEqual(['a', 'b', 'c']);
      expect(await nodes.get('a')).toEqual({
        ...nodeSpec('a'),
        state: 'free',
        lock: null,
        fence: 0,
        description: null,
        reason: null,
        markedBy: null,
        stateSince: 1,
        lastUsedAt: 0,
      });
      expect(await nodes.get('z')).toBeNull();
      await nodes.register([nodeSpec('r', { machineType: 'rack' })], 1);
      expect((await nodes.list({ machineType: 'rack', state: 'free' })).map((node) => node.name)).toEqual([
        'r',
      ]);
      expect(await nodes.list({ state: 'dirty' })).toEqual([]);
    });

    test('registering a known node refreshes what it is, not what it does', async () => {
      const { nodes } = get();
      await nodes.lockMany(request);
      const before = await nodes.get('a');
      await nodes.register([nodeSpec('a', { port: 2222, osVersion: '13', hostKey: null })], 50);
      expect(await nodes.get('a')).toEqual({ ...before, port: 2222, osVersion: '13', hostKey: null });
    });

    test('a node leaves only when nobody holds it, and comes back with its fence', async () => {
      const { nodes } = get();
      await nodes.lockMany(request);
      expect(await nodes.remove('a')).toBe('stale');
      await nodes.release('mine', { clean: true, now: 20 });
      const fence = (await nodes.get('a'))?.fence ?? 0;
      expect(fence).toBeGreaterThan(0);
      expect(await nodes.remove('a')).toBe('ok');
      expect(await nodes.remove('a')).toBe('stale');
      expect(await nodes.get('a')).toBeNull();
      await nodes.register([nodeSpec('a')], 30);
      expect((await nodes.get('a'))?.fence).toBe(fence);
    });

    test('remembers what happened, newest first', async () => {
      const { nodes } = get();
      await nodes.lockMany(request);
      await nodes.release('mine', { clean: false, now: 20 });
      const history = await nodes.history('a', 2);
      expect(history.map((event) => [event.at, event.event, event.by])).toEqual([
        [20, 'released', 'alice@desk'],
        [10, 'locked', 'alice@desk'],
      ]);
      expect(await nodes.history('a', 100)).toHaveLength(3);
    });
  });
}

function lockCases(get: () => StoresUnderTest): void {
  describe('locks of people', () => {
    test('lock all the nodes or none', async () => {
      const { nodes } = get();
      const locked = await nodes.lockMany(request);
      expect(locked.kind === 'locked' && locked.nodes.map((node) => node.name)).toEqual(['b', 'a']);
      expect(await nodes.get('a')).toMatchObject({
        state: 'locked',
        description: 'looking at a bug',
        lock: { id: 'mine', owner: 'alice@desk', job: null, since: 10, leaseUntil: 100 },
      });
      const refused = await nodes.lockMany({ ...request, lockId: 'theirs', nodes: ['c', 'a'], owner: 'bob' });
      expect(refused).toMatchObject({ kind: 'refused', reason: expect.stringContaining('alice@desk') });
      expect(await nodes.get('c')).toMatchObject({ state: 'free', fence: 0 });
    });

    test('a repeated request gets the first answer, also after a lost reply', async () => {
      const { nodes } = get();
      const first = await nodes.lockMany(request);
      expect(await nodes.lockMany({ ...request, now: 15 })).toEqual(first);
      expect(await nodes.lockMany({ ...request, nodes: ['c'] })).toMatchObject({ kind: 'refused' });
      expect(await nodes.history('a', 100)).toHaveLength(2);
    });

    test('a late copy of a request is not granted after the release', async () => {
      const { nodes } = get();
      await nodes.lockMany(request);
      await nodes.release('mine', { clean: true, now: 20 });
      expect(await nodes.lockMany(request)).toMatchObject({ kind: 'refused' });
      expect(await nodes.get('a')).toMatchObject({ state: 'free' });
    });

    test.each([
      ['an unknown node', ['a', 'z']],
      ['no nodes', []],
      ['a node twice', ['a', 'a']],
    ])('refuse %s', async (_, names) => {
      const { nodes } = get();
      expect(await nodes.lockMany({ ...request, nodes: names })).toMatchObject({ kind: 'refused' });
      expect(await nodes.list({ state: 'locked' })).toEqual([]);
    });

    test('are renewed and released once, and leave dirty nodes unless they are clean', async () => {
      const { nodes } = get();
      await nodes.lockMany(request);
      expect(await nodes.renew('mine', { leaseUntil: null, now: 20 })).toBe('ok');
      expect((await nodes.get('b'))?.lock?.leaseUntil).toBeNull();
      expect(await nodes.release('mine', { clean: false, now: 30 })).toBe('ok');
      expect(await nodes.get('a')).toMatchObject({ state: 'dirty', lock: null, lastUsedAt: 30 });
      expect(await nodes.release('mine', { clean: true, now: 31 })).toBe('stale');
      expect(await nodes.renew('mine', { leaseUntil: 100, now: 31 })).toBe('stale');
      expect(await nodes.get('a')).toMatchObject({ state: 'dirty' });
    });

    test('are given back node by node, and are over with the last', async () => {
      const { nodes } = get();
      await nodes.lockMany(request);
      expect(await nodes.release('mine', { clean: true, now: 20, nodes: ['b'] })).toBe('ok');
      expect(await nodes.get('b')).toMatchObject({ state: 'free', lock: null });
      expect(await nodes.get('a')).toMatchObject({ state: 'locked', lock: { id: 'mine' } });
      expect(await nodes.release('mine', { clean: true, now: 21, nodes: ['a', 'b'] })).toBe('stale');
      expect(await nodes.renew('mine', { leaseUntil: 200, now: 22 })).toBe('ok');
      expect((await nodes.get('b'))?.lock).toBeNull();
      expect(await nodes.lockMany(request)).toMatchObject({ kind: 'refused' });
      expect(await nodes.lockMany({ ...request, nodes: ['a'] })).toMatchObject({ kind: 'locked' });
      expect(await nodes.release('mine', { clean: true, now: 23, nodes: ['a'] })).toBe('ok');
      expect(await nodes.release('mine', { clean: true, now: 24 })).toBe('stale');
      expect(await nodes.lockMany(request)).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('is over'),
      });
    });

    test('on condition of an ended lease they are not released after a renewal', async () => {
      const { nodes } = get();
      await nodes.lockMany(request);
      await nodes.renew('mine', { leaseUntil: 500, now: 90 });
      expect(await nodes.release('mine', { clean: false, now: 101, ifLeaseEndedBefore: 101 })).toBe('stale');
      expect(await nodes.release('mine', { clean: false, now: 501, ifLeaseEndedBefore: 501 })).toBe('ok');
    });

    test('have no power over the nodes of jobs', async () => {
      const { jobs, nodes } = get();
      await jobs.createRun(newRun('r'));
      const [jobId = 0] = await jobs.enqueue({ run: 'r', jobs: [newJob('k')], now: 2 });
      await jobs.claim({ run: 'r', jobId, nodes: ['a'], leaseUntil: 100, now: 5 });
      const lockId = (await nodes.get('a'))?.lock?.id ?? '';
      expect(await nodes.release(lockId, { clean: true, now: 6 })).toBe('stale');
      expect(await nodes.renew(lockId, { leaseUntil: null, now: 6 })).toBe('stale');
      expect(await nodes.lockMany({ ...request, lockId, nodes: ['b'] })).toMatchObject({ kind: 'refused' });
      expect((await nodes.get('a'))?.lock).toMatchObject({ id: lockId, leaseUntil: 100 });
    });
  });
}

function nodeRaceCases(get: () => StoresUnderTest): void {
  describe('under contention', () => {
    test('people who want the same nodes get all of them, one at a time', async () => {
      const { connect, nodes } = get();
      const input = { nodes: ['a', 'b', 'c'], rounds: 40 };
      const grants = (await race<Grant[]>({ connect, racers: 4, act: 'lockAndRelease', input })).flat();
      expect(grants.length).toBeGreaterThan(0);
      expect(grants.filter((grant) => grant.nodes.length !== 3)).toEqual([]);
      expect(new Set(grants.map((grant) => grant.fence)).size).toBe(grants.length);
      expect(await nodes.list({ state: 'free' })).toHaveLength(3);
    });

    test('one of several cleaners gets a dirty node', async () => {
      const { connect, nodes } = get();
      await nodes.mark({ name: 'a', state: 'dirty', reason: 'used', by: 'test', now: 2 });
      const fences = await race<number | null>({ connect, racers: 4, act: 'clean', input: { name: 'a' } });
      expect(fences.filter((fence) => fence !== null)).toEqual([1]);
    });
  });
}

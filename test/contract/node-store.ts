import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LockRequest } from '../../core/ports/node-store.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import type { Grant } from './race-acts.ts';
import { race } from './race.ts';
import type { StoresUnderTest } from './race.ts';

const request: LockRequest = {
  lockId: 'mine',
  nodes: ['b', 'a'],
  owner: 'alice@desk',
  description: 'looking at a bug',
  leaseUntil: 100,
  now: 10,
};

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
    lockCases(() => stores);
    careCases(() => stores);
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

function careCases(get: () => StoresUnderTest): void {
  const makeDirty = async (name: string) =>
    get().nodes.mark({ name, state: 'dirty', reason: 'retest', by: 'alice', now: 40 });

  describe('cleaning and quarantine', () => {
    test('one cleaner has a dirty node, with a fence of its own', async () => {
      const { nodes } = get();
      expect(await nodes.beginCleaning('a', 41)).toBeNull();
      await makeDirty('a');
      const begun = await nodes.beginCleaning('a', 42);
      expect(begun).toMatchObject({
        fence: 1,
        node: { name: 'a', state: 'cleaning', fence: 1, reason: 'retest', markedBy: 'alice' },
      });
      expect(await nodes.beginCleaning('a', 43)).toBeNull();
      const spec = { hostKey: 'ssh-ed25519 BBBB', port: 2201 };
      expect(await nodes.cleaned({ name: 'a', fence: 1, spec, now: 44 })).toBe('ok');
      expect(await nodes.get('a')).toMatchObject({
        ...spec,
        state: 'free',
        reason: null,
        markedBy: null,
        osType: 'debian',
      });
      expect(await nodes.cleaned({ name: 'a', fence: 1, spec: {}, now: 45 })).toBe('stale');
    });

    test('a cleaner that was overtaken is not believed, in success or in failure', async () => {
      const { nodes } = get();
      await makeDirty('a');
      const old = (await nodes.beginCleaning('a', 42))?.fence ?? 0;
      await makeDirty('a');
      const current = (await nodes.beginCleaning('a', 43))?.fence ?? 0;
      expect(current).toBeGreaterThan(old);
      const failure = {
        name: 'a',
        state: 'quarantined',
        reason: 'no answer',
        by: 'cleaner',
        now: 44,
      } as const;
      expect(await nodes.cleaned({ name: 'a', fence: old, spec: { port: 9 }, now: 44 })).toBe('stale');
      expect(await nodes.mark({ ...failure, fence: old })).toBe('stale');
      expect(await nodes.get('a')).toMatchObject({ state: 'cleaning', port: 22 });
      expect(await nodes.mark({ ...failure, fence: current })).toBe('ok');
      expect(await nodes.get('a')).toMatchObject({
        state: 'quarantined',
        reason: 'no answer',
        markedBy: 'cleaner',
      });
    });

    test('a quarantined node is not granted, and a locked one not quarantined', async () => {
      const { nodes } = get();
      const mark = { state: 'quarantined', reason: 'bad disk', by: 'alice', now: 50 } as const;
      expect(await nodes.mark({ ...mark, name: 'a' })).toBe('ok');
      expect(await nodes.lockMany(request)).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('bad disk'),
      });
      await nodes.lockMany({ ...request, lockId: 'other', nodes: ['b'] });
      expect(await nodes.mark({ ...mark, name: 'b' })).toBe('stale');
      expect(await nodes.mark({ ...mark, name: 'z' })).toBe('stale');
    });

    test('a mark on condition of who made the last one leaves the word of others', async () => {
      const { nodes } = get();
      const retest = {
        name: 'a',
        state: 'dirty',
        reason: 'retest',
        by: 'cleaner',
        ifMarkedBy: 'cleaner',
      } as const;
      await nodes.mark({ name: 'a', state: 'quarantined', reason: 'bad disk', by: 'alice', now: 50 });
      expect(await nodes.mark({ ...retest, now: 51 })).toBe('stale');
      expect(await nodes.get('a')).toMatchObject({
        state: 'quarantined',
        reason: 'bad disk',
        markedBy: 'alice',
      });
      await nodes.mark({ name: 'a', state: 'quarantined', reason: 'no answer', by: 'cleaner', now: 52 });
      expect(await nodes.mark({ ...retest, now: 53 })).toBe('ok');
      expect(await nodes.get('a')).toMatchObject({ state: 'dirty', reason: 'retest', stateSince: 53 });
    });

    test('a node that somebody vouches for is free, unless it is held or being cleaned', async () => {
      const { nodes } = get();
      const freed = { state: 'free', reason: 'looked at it', by: 'alice' } as const;
      await nodes.mark({ name: 'a', state: 'quarantined', reason: 'bad disk', by: 'cleaner', now: 50 });
      expect(await nodes.mark({ ...freed, name: 'a', now: 51 })).toBe('ok');
      expect(await nodes.get('a')).toMatchObject({ state: 'free', reason: null, stateSince: 51 });
      await nodes.lockMany({ ...request, nodes: ['b'] });
      expect(await nodes.mark({ ...freed, name: 'b', now: 52 })).toBe('stale');
      await makeDirty('c');
      await nodes.beginCleaning('c', 53);
      expect(await nodes.mark({ ...freed, name: 'c', now: 54 })).toBe('stale');
      expect(await nodes.get('c')).toMatchObject({ state: 'cleaning' });
    });

    test('a description can be set whatever the node does, and is remembered', async () => {
      const { nodes } = get();
      await nodes.lockMany(request);
      const words = { name: 'a', description: 'still looking', by: 'alice', now: 60 };
      expect(await nodes.describe(words)).toBe('ok');
      expect(await nodes.get('a')).toMatchObject({ state: 'locked', description: 'still looking' });
      expect((await nodes.history('a', 1))[0]).toMatchObject({ event: 'described', by: 'alice' });
      expect(await nodes.describe({ ...words, description: null })).toBe('ok');
      expect((await nodes.get('a'))?.description).toBeNull();
      expect(await nodes.describe({ ...words, name: 'z' })).toBe('stale');
    });

    test('a dirty node is not granted', async () => {
      const { nodes } = get();
      await makeDirty('a');
      expect(await nodes.lockMany(request)).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('dirty'),
      });
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

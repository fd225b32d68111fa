import { describe, expect, test } from 'vitest';
import { request } from './lock-request.ts';
import type { StoresUnderTest } from './race.ts';

/** What every node store must do about nodes that are cleaned, quarantined, vouched for and described. */
export function careCases(get: () => StoresUnderTest): void {
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

import { expect, test, vi } from 'vitest';
import type { Provider } from '../ports/provider.ts';
import { fakeLab, fakeProvider } from '../../test/fixtures/fake-lab.ts';
import { nodeSpec } from '../../test/fixtures/lab-records.ts';
import { createCleaner } from './clean-nodes.ts';

async function dirtyLab(providers: readonly Provider[], names: readonly string[] = ['a']) {
  const lab = fakeLab(providers);
  await lab.nodes.register(
    names.map((name) => nodeSpec(name)),
    1,
  );
  for (const name of names) {
    await lab.nodes.mark({ name, state: 'dirty', reason: 'used by r/1', by: 'test', now: lab.clock.time });
  }
  return lab;
}

test('a dirty node is cleaned under its new fence and comes back as the provider describes it', async () => {
  const clean = vi.fn<Provider['clean']>(async () => ({ hostKey: 'ssh-ed25519 NEW', port: 2300 }));
  const lab = await dirtyLab([fakeProvider('shelf', clean)]);
  const cleaner = createCleaner(lab, { sole: true });
  await cleaner.pass();
  await cleaner.idle();
  expect(clean.mock.calls[0]?.[1]).toBe(1);
  expect(await lab.nodes.get('a')).toMatchObject({
    state: 'free',
    hostKey: 'ssh-ed25519 NEW',
    port: 2300,
    fence: 1,
  });
  expect(lab.poked).toEqual(['box']);
});

test.each([
  ['fails', [fakeProvider('shelf', async () => Promise.reject(new Error('disk on fire')))], 'disk on fire'],
  ['cannot clean', [fakeProvider('shelf', null)], 'cannot clean nodes (used by r/1)'],
  ['is not configured', [], "no provider 'shelf' is configured"],
])('a node whose provider %s is quarantined with the reason', async (_, providers, reason) => {
  const lab = await dirtyLab(providers);
  const cleaner = createCleaner(lab, { sole: true });
  await cleaner.pass();
  await cleaner.idle();
  expect(await lab.nodes.get('a')).toMatchObject({
    state: 'quarantined',
    reason: expect.stringContaining(reason),
  });
});

test('a cleaning that hangs ends in quarantine, and what it says later is not believed', async () => {
  const { promise, resolve } = Promise.withResolvers<object>();
  const lab = await dirtyLab([fakeProvider('shelf', async () => promise)]);
  const cleaner = createCleaner(lab, { sole: true, timeoutMs: 60_000 });
  await cleaner.pass();
  lab.clock.time += 61_000;
  await cleaner.pass();
  expect(await lab.nodes.get('a')).toMatchObject({
    state: 'quarantined',
    reason: expect.stringContaining('longer than 60 s'),
  });
  resolve({ port: 9999 });
  await promise;
  await new Promise((next) => setImmediate(next));
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'quarantined', port: 22 });
});

test('a cleaning that a killed lab left behind is begun anew, with a higher fence', async () => {
  const fences: number[] = [];
  const provider = fakeProvider('shelf', async (_, fence) => {
    fences.push(fence);
    return {};
  });
  const lab = await dirtyLab([provider]);
  await lab.nodes.beginCleaning('a', lab.clock.time);
  const other = createCleaner(lab, { sole: false });
  await other.pass();
  expect(fences).toEqual([]);
  const cleaner = createCleaner(lab, { sole: true });
  await cleaner.pass();
  await cleaner.idle();
  expect(fences).toEqual([2]);
  expect(await lab.nodes.get('a')).toMatchObject({ state: 'free' });
});

test('only so many nodes are cleaned at once', async () => {
  const waiting: (() => void)[] = [];
  const provider = fakeProvider(
    'shelf',
    async () => new Promise((resolve) => waiting.push(() => resolve({}))),
  );
  const lab = await dirtyLab([provider], ['a', 'b', 'c']);
  const settled = vi.fn<() => void>();
  const cleaner = createCleaner(lab, { sole: true, atOnce: 2, onSettled: settled });
  await cleaner.pass();
  await cleaner.pass();
  expect(waiting).toHaveLength(2);
  waiting.forEach((done) => done());
  await cleaner.idle();
  expect(settled).toHaveBeenCalledTimes(2);
  await cleaner.pass();
  expect(waiting).toHaveLength(3);
  waiting[2]?.();
  await cleaner.idle();
  expect(await lab.nodes.list({ state: 'free' })).toHaveLength(3);
});

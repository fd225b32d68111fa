import { expect, test } from 'vitest';
import type { RenewResult } from '../../core/ports/job-store.ts';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import { keepLease } from './keep-lease.ts';
import type { Sleep } from './keep-lease.ts';

/** A lease over a store that answers when the test says so, in a time that passes when the test says so. */
function heldLease({ leaseUntil, now }: { leaseUntil: number; now: number }) {
  const call = Promise.withResolvers<RenewResult>();
  const naps: { readonly ms: number; readonly end: () => void }[] = [];
  const sleep: Sleep = (ms, signal) =>
    new Promise((resolve) => {
      naps.push({ ms, end: resolve });
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  const lease = keepLease({
    jobs: { renew: () => call.promise },
    attempt: { run: 'r', jobId: 1, fence: 1 },
    leaseUntil,
    clock: { now: () => now },
    log: silentLogger,
    renewEveryMs: 15_000,
    leaseMs: 60_000,
    sleep,
  });
  return { lease, naps, answer: call.resolve };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a lease is lost when it ends while a call is on its way that nobody answers', async () => {
  const { lease, naps } = heldLease({ leaseUntil: 60_000, now: 15_000 });
  expect(naps.map((nap) => nap.ms)).toEqual([45_000]);
  expect(lease.lost).toBe(false);
  naps[0]?.end();
  await settled();
  expect(lease.lost).toBe(true);
  expect(lease.gone.aborted).toBe(true);
  await lease.close();
});

test('a machine that slept longer than its lease may still renew it, if that is answered soon', async () => {
  const { lease, naps, answer } = heldLease({ leaseUntil: 60_000, now: 3_600_000 });
  expect(naps.map((nap) => nap.ms)).toEqual([5000]);
  answer({ kind: 'ok' });
  await settled();
  expect(lease.lost).toBe(false);
  expect(naps.at(-1)?.ms).toBe(15_000);
  await lease.close();
});

import { expect, test } from 'vitest';
import { pruningOf, usualRetention } from './retention.ts';
import type { Pruning } from './retention.ts';
import type { JobStatus } from './job-state.ts';

test.each<[JobStatus | null, number, Pruning]>([
  ['pass', 13.9, 'nothing'],
  ['pass', 14, 'job'],
  ['fail', 14, 'nothing'],
  ['fail', 60, 'remotes'],
  ['dead', 9999, 'remotes'],
  ['running', 9999, 'nothing'],
  ['queued', 9999, 'nothing'],
  [null, 9999, 'nothing'],
])('a job that is %s since %d days loses: %s', (status, days, pruning) => {
  const now = 1e12;
  expect(pruningOf({ status, endedAt: now - days * 86_400_000 }, usualRetention, now)).toBe(pruning);
});

test('a negative time is never, and 0 is at once', () => {
  const job = { status: 'pass', endedAt: 5 } as const;
  expect(pruningOf(job, { pass: -1, fail: -1, remotes: -1 }, 1e12)).toBe('nothing');
  expect(pruningOf(job, { pass: 0, fail: -1, remotes: -1 }, 5)).toBe('job');
});

import { expect, test } from 'vitest';
import { pruningOf, usualRetention } from './retention.ts';
import type { Pruning } from './retention.ts';
import type { JobStatus } from './job-state.ts';

test.each<[JobStatus | null, number, Pruning[]]>([
  ['pass', 13.9, []],
  ['pass', 14, ['job']],
  ['fail', 14, []],
  ['fail', 29.9, []],
  ['fail', 30, ['log']],
  ['pass', 30, ['job']],
  ['fail', 60, ['remotes', 'log']],
  ['dead', 9999, ['remotes', 'log']],
  ['running', 9999, []],
  ['queued', 9999, []],
  [null, 9999, []],
])('a job that is %s since %d days loses: %s', (status, days, pruning) => {
  const now = 1e12;
  expect(pruningOf({ status, endedAt: now - days * 86_400_000 }, usualRetention, now)).toEqual(pruning);
});

test('a negative time is never, and 0 is at once', () => {
  const job = { status: 'pass', endedAt: 5 } as const;
  expect(pruningOf(job, { pass: -1, fail: -1, remotes: -1, compress: -1 }, 1e12)).toEqual([]);
  expect(pruningOf(job, { pass: 0, fail: -1, remotes: -1, compress: -1 }, 5)).toEqual(['job']);
});

import { expect, test } from 'vitest';
import type { JobCounts } from './job-state.ts';
import { isRunOver, runStatus } from './run-status.ts';
import { countsLine, jobLine, runLine } from './run-summary.ts';

const none: JobCounts = { queued: 0, waiting: 0, running: 0, pass: 0, fail: 0, dead: 0 };

test.each<[string, Partial<JobCounts>, boolean]>([
  ['empty', {}, true],
  ['queued', {}, false],
  ['queued', { queued: 2 }, true],
  ['running', { queued: 1, waiting: 1, running: 1, fail: 1 }, true],
  ['waiting', { queued: 1, waiting: 1, fail: 1 }, true],
  ['queued', { queued: 1, fail: 1 }, true],
  ['queued', { pass: 3 }, false],
  ['finished dead', { dead: 2 }, true],
  ['finished fail', { dead: 1, fail: 1, pass: 1 }, true],
  ['finished fail', { dead: 1, pass: 1 }, true],
  ['finished pass', { pass: 4 }, true],
])('a run is %s with %o', (status, counts, closed) => {
  const run = { counts: { ...none, ...counts }, closed };
  expect(runStatus(run)).toBe(status);
  expect(isRunOver(run)).toBe(status.startsWith('finished') || status === 'empty');
});

test('lines for people say what there is, verdicts first', () => {
  const counts = { ...none, queued: 2, pass: 3, dead: 1 };
  expect(countsLine(counts)).toBe('3 pass, 1 dead, 2 queued');
  expect(runLine({ name: 'r', counts, closed: true })).toBe('r: queued, 6 jobs: 3 pass, 1 dead, 2 queued');
  expect(countsLine(none)).toBe('no jobs');
  const job = {
    jobId: 4,
    status: 'fail',
    description: 'a/{b}',
    durationSeconds: 61.7,
    failureReason: 'it broke\nhere',
  } as const;
  expect(jobLine(job)).toBe('4 fail 62s a/{b} -> it broke');
});

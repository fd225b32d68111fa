import { expect, test } from 'vitest';
import { createLaunchOutage, launchPauseMs } from './launch-outage.ts';

const reason = 'no runner could be started: no memory';

test('waits twice as long after each failure, and at most half a minute', () => {
  expect([1, 2, 3, 6, 7, 8, 5000].map(launchPauseMs)).toEqual([
    1000, 2000, 4000, 30_000, 30_000, 30_000, 30_000,
  ]);
});

test('says why nothing is launched and until when, and nothing before or after', () => {
  const outage = createLaunchOutage();
  expect(outage.pauseAt(0)).toBeNull();
  outage.failed({ jobId: 1, reason, now: 0 });
  expect(outage.pauseAt(0)).toBe(`${reason}; trying again at 1970-01-01T00:00:01.000Z`);
  expect(outage.pauseAt(999)).not.toBeNull();
  expect(outage.pauseAt(1000)).toBeNull();
  outage.failed({ jobId: 1, reason, now: 1000 });
  expect(outage.pauseAt(2999)).not.toBeNull();
  outage.worked(1);
  expect(outage.pauseAt(1500)).toBeNull();
});

test('a clock that is set back does not prolong the pause', () => {
  const outage = createLaunchOutage();
  outage.failed({ jobId: 1, reason, now: 5_000_000 });
  expect(outage.pauseAt(1_000_000)).toBeNull();
});

test('blames no job while nothing can be launched, and one that fails again after others were started', () => {
  const outage = createLaunchOutage();
  const fails = (jobId: number) => outage.failed({ jobId, reason, now: 0 });
  expect([fails(1), fails(1), fails(2), fails(1)]).toEqual([false, false, false, false]);
  outage.worked(2);
  expect(fails(2)).toBe(false);
  expect(fails(1)).toBe(true);
  expect(fails(1)).toBe(false);
  outage.worked(3);
  expect(fails(1)).toBe(true);
});

test('a job that was started itself is no longer suspected', () => {
  const outage = createLaunchOutage();
  outage.failed({ jobId: 1, reason, now: 0 });
  outage.worked(1);
  expect(outage.failed({ jobId: 1, reason, now: 0 })).toBe(false);
});

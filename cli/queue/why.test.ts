import { expect, test } from 'vitest';
import { startInterval } from './why.ts';

const times = { earliest_start: '2026-03-04T03:00:00.000Z', likely_start: null, expected_start: null };

test('the interval has both ends, and says which are unknown', () => {
  const latest = '2026-03-04T06:00:00.000Z';
  expect(startInterval({ ...times, likely_start: latest, expected_start: latest })).toBe(
    'expected to start: earliest 2026-03-04T03:00:00Z, latest 2026-03-04T06:00:00Z, as the queue stands',
  );
  const likely = '2026-03-04T05:00:00.000Z';
  expect(startInterval({ ...times, likely_start: likely, expected_start: latest })).toContain(
    ', likely by 2026-03-04T05:00:00Z, latest',
  );
  expect(startInterval(times)).toContain('latest unknown');
  expect(startInterval({ ...times, earliest_start: null })).toBe(
    'when it will start is unknown: nothing bounds it yet',
  );
});

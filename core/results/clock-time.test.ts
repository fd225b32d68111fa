import { expect, test } from 'vitest';
import { clockTime } from './clock-time.ts';

test('a length of time reads as on a clock', () => {
  expect([0, 59.6, 3600, 90_061].map(clockTime)).toEqual(['00:00:00', '00:01:00', '01:00:00', '25:01:01']);
});

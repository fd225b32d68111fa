import { expect, test } from 'vitest';
import { ExpireTimeError, expireTime } from './expire-time.ts';

const now = Date.parse('2026-01-02T03:04:05Z');

test.each([
  ['90s', '2026-01-02_03:05:35'],
  ['30m', '2026-01-02_03:34:05'],
  ['1h', '2026-01-02_04:04:05'],
  ['3d', '2026-01-05_03:04:05'],
  ['1W', '2026-01-09_03:04:05'],
  ['2026-02-01', '2026-02-01_00:00:00'],
  ['2026-02-01_10:11:12', '2026-02-01_10:11:12'],
  ['2026-02-01T10:11:12+02:00', '2026-02-01_08:11:12'],
  ['2026-02-01 10:11', '2026-02-01_10:11:00'],
])('%s means %s', (text, at) => {
  expect(expireTime(text, now)).toBe(at);
});

test.each([
  '',
  'soon',
  '3',
  '1y',
  '-1h',
  '2026-02-31',
  '2026-13-01',
  '999999999999999999w',
  '0s',
  '2026-01-02_03:04:05',
])('%j is refused', (text) => {
  expect(() => expireTime(text, now)).toThrow(ExpireTimeError);
});

import { expect, test } from 'vitest';
import { ago, bytes, lengthOf } from './times.ts';

test.each([
  [0.42, '0.4 s'],
  [0, '0 s'],
  [59, '59 s'],
  [187, '3 m 07 s'],
  [7620, '2 h 07 m'],
  [370_000, '4 d 6 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(lengthOf(seconds)).toBe(text);
});

test('an instant is so long ago, or that far ahead', () => {
  const now = Date.parse('2026-03-04T05:06:07Z');
  expect(ago('2026-03-04T05:06:05Z', now)).toBe('now');
  expect(ago('2026-03-04T05:03:07Z', now)).toBe('3 m ago');
  expect(ago('2026-03-04T07:06:07Z', now)).toBe('in 2 h');
});

test.each([
  [999, '999 B'],
  [1234, '1.2 kB'],
  [45_600_000, '46 MB'],
])('%d bytes are %s', (size, text) => {
  expect(bytes(size)).toBe(text);
});

import { expect, test } from 'vitest';
import { elapsedText } from './elapsed-text.ts';

test.each([
  [0, '00:00:00.000000'],
  [1.5, '00:00:00.001500'],
  [59_999.9999, '00:01:00.000000'],
  [3_723_004.005, '01:02:03.004005'],
  [100 * 3_600_000, '100:00:00.000000'],
])('%d ms read as %s', (milliseconds, shown) => {
  expect(elapsedText(milliseconds)).toBe(shown);
});

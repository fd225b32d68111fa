import { expect, test } from 'vitest';
import { findLine, isError, layOut, levelOf, shown } from './lines.ts';

test('long lines take several rows, and every row knows its line', () => {
  const layout = layOut(['a', 'b'.repeat(25), '', 'c'.repeat(10)], 10);
  expect(layout.rows).toBe(6);
  expect([0, 1, 2, 3, 4, 5].map((row) => layout.lineAt(row))).toEqual([0, 1, 1, 1, 2, 3]);
  expect([0, 1, 2, 3, 4].map((line) => layout.rowOf(line))).toEqual([0, 1, 4, 5, 6]);
});

test('wide characters take two columns', () => {
  expect(layOut(['漢'.repeat(6)], 10).rows).toBe(2);
});

test('without wrapping a line is a row', () => {
  expect(layOut(['a', 'b'.repeat(500)], null)).toMatchObject({ rows: 2 });
});

test('levels are those of the log, not words in what it says', () => {
  expect(levelOf('2026-03-04T05:06:07.123 ERROR:teuthology.run:x')).toBe('error');
  expect(levelOf('2026-03-04T05:06:07.123 WARNING:x:y')).toBe('warning');
  expect(levelOf('2026-03-04T05:06:07.123 INFO:x:ERROR: no')).toBeNull();
  expect(isError('2026-03-04T05:06:07.123 INFO:x:0 errors')).toBe(false);
  expect(isError('2026-03-04T05:06:07.123 INFO:x:Traceback (most recent call last):')).toBe(true);
});

test('a search goes around', () => {
  const lines = ['a', 'x', 'b', 'x'];
  const find = (from: number, step: 1 | -1) => findLine(4, from, step, (line) => lines[line] === 'x');
  expect([find(0, 1), find(2, 1), find(4, 1), find(0, -1), find(-1, -1)]).toEqual([1, 3, 1, 3, 3]);
  expect(findLine(4, 0, 1, () => false)).toBe(-1);
  expect(findLine(0, 0, 1, () => true)).toBe(-1);
});

test('tabs are spaces, so that widths are true', () => {
  expect(shown('a\tb')).toBe('a        b');
});

import { describe, expect, test } from 'vitest';
import { columns, plainLine } from './columns.ts';

const shape = [
  { title: 'NAME', value: (row: { name: string; n: number | null }) => row.name },
  { title: 'N', value: (row: { name: string; n: number | null }) => row.n, align: 'right' as const },
  { title: 'X', value: () => 'x' },
];

describe('columns', () => {
  test('are as wide as their widest cell, and numbers stand right', () => {
    expect(
      columns(
        [
          { name: 'a', n: 1 },
          { name: 'longer', n: 200 },
        ],
        shape,
      ),
    ).toEqual(['NAME      N  X', 'a         1  x', 'longer  200  x']);
  });

  test('of nothing are nothing, and a missing value is a dash', () => {
    expect(columns([], shape)).toEqual([]);
    expect(columns([{ name: '', n: null }], shape)[1]).toBe('-     -  x');
  });
});

test('text from elsewhere cannot move the cursor', () => {
  expect(plainLine('one\u001b[2J\ntwo\u0007\u009b31m')).toBe('one two');
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileOrder, longFiles } from './file-order.ts';

const file = (name: string, seconds: number, alone = false) => ({ name, seconds, alone });
const names = (files: readonly { name: string }[]) => files.map(({ name }) => name).join(' ');

test('every file that is said to take long is there', () => {
  const house = join(import.meta.dirname, '..');
  expect(Object.keys(longFiles).filter((name) => !existsSync(join(house, name)))).toEqual([]);
});

test('the longest come first, and what is as long as others keeps its place among them', () => {
  expect(names(fileOrder([file('a', 1), file('b', 5), file('c', 1), file('d', 9)], 2))).toBe('d b a c');
});

test('of those that wait for each other the next one comes when the one before it is over', () => {
  const files = [
    file('alone1', 10, true),
    file('alone2', 9, true),
    file('alone3', 2, true),
    ...Array.from({ length: 5 }, (_, index) => file(`other${index}`, 4)),
  ];
  expect(names(fileOrder(files, 2))).toBe('alone1 other0 other1 other2 alone2 other3 other4 alone3');
});

test('when nothing else is left, they are all there is', () => {
  expect(names(fileOrder([file('alone1', 3, true), file('other', 1), file('alone2', 2, true)], 3))).toBe(
    'alone1 other alone2',
  );
});

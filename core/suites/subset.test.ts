import { expect, test } from 'vitest';
import { SubsetError } from './errors.ts';
import { parsePythonInt, parseSubset } from './subset.ts';

test.each([
  ['2\n', 2],
  [' 3 ', 3],
  ['+2', 2],
  ['-2', -2],
  ['1_0', 10],
  ['007', 7],
  ['99999999999999999999', 99999999999999999999n],
  ['', null],
  ['\n', null],
  ['abc', null],
  ['0x2', null],
  ['2.0', null],
  ['1__0', null],
  ['_1', null],
  ['+ 2', null],
])('%j is the whole number %s', (text, value) => {
  expect(parsePythonInt(text)).toBe(value);
});

test('M/N is two whole numbers', () => {
  expect(parseSubset('17/2000')).toEqual({ which: 17, of: 2000 });
  for (const text of ['1', '1/2/3', 'a/2', '1/', '/', '']) {
    expect(() => parseSubset(text)).toThrow(SubsetError);
    expect(() => parseSubset(text)).toThrow(`'${text}'`);
  }
});

import { expect, test } from 'vitest';
import { visible, visibleLines } from './visible.ts';

test.each([
  ['\u001b[31mred\u001b[0m', '^[[31mred^[[0m'],
  ['ring\u0007 a\u0000b\rc', 'ring^G a^@b^Mc'],
  ['photo\u202Egpj.exe', 'photo<U+202E>gpj.exe'],
  ['no\u200Bwidth\uFEFF \u0085', 'no<U+200B>width<U+FEFF> <U+0085>'],
  ['a\tb <b>c</b> ü 漢 😀', 'a\tb <b>c</b> ü 漢 😀'],
])('%j can be read', (text, expected) => {
  expect(visible(text)).toBe(expected);
});

test('lines stay lines where there may be several', () => {
  expect(visible('a\nb')).toBe('a^Jb');
  expect(visibleLines('a\u001b\nb')).toBe('a^[\nb');
});

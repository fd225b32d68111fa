import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareCodePoints } from './code-point-order.ts';

const points = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0) ?? 0);

test('characters beyond U+FFFF come after all others', () => {
  expect(['\u{1f40d}', '\uffee', 'z', 'é'].sort(compareCodePoints)).toEqual([
    'z',
    'é',
    '\uffee',
    '\u{1f40d}',
  ]);
});

test('strings compare as their lists of code points do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const [left, right] = [points(a), points(b)];
      let expected = left.length - right.length;
      for (let i = Math.min(left.length, right.length) - 1; i >= 0; i--) {
        if (left[i] !== right[i]) expected = (left[i] ?? 0) - (right[i] ?? 0);
      }
      expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(expected));
    }),
  );
});

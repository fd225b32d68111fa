import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MergeConflictError, deepMerge } from './deep-merge.ts';
import { NewDateError, mergeInto, mutableCopy } from './mutable-document.ts';
import { YamlTimestamp, fromPlain } from './yaml-value.ts';
import type { YamlMap, YamlValue } from './yaml-value.ts';

const json = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 });
const document = json.map((plain) => fromPlain(plain) as YamlMap);

describe('mergeInto', () => {
  test('gives what deepMerge gives, or conflicts where it does, at the same place', () => {
    fc.assert(
      fc.property(document, document, (a, b) => {
        const pure = outcome(() => deepMerge(a, b));
        expect(outcome(() => mergeInto(mutableCopy(a), b))).toEqual(pure);
      }),
    );
  });

  test('changes its first argument in place and leaves the second alone', () => {
    const a = mutableCopy(fromPlain({ list: [1], map: { x: 1 } }) as YamlMap);
    const b = fromPlain({ list: [2], map: { y: 2 }, more: { z: [3] } }) as YamlMap;
    const before = structuredClone(b);
    expect(mergeInto(a, b)).toBe(a);
    (a.get('list') as YamlValue[]).push(9);
    ((a.get('more') as YamlMap).get('z') as YamlValue[]).push(9);
    expect(b).toEqual(before);
  });

  test('refuses a date under a new key, as the original does, but takes it over a value and in a list', () => {
    const date = new YamlTimestamp('date', '2016-01-02');
    expect(() => mergeInto(new Map(), new Map([['when', date]]))).toThrow(NewDateError);
    expect(mergeInto(new Map([['when', 1]]), new Map([['when', date]]))).toEqual(new Map([['when', date]]));
    expect(mergeInto(new Map(), new Map([['when', [date]]]))).toEqual(new Map([['when', [date]]]));
  });
});

describe('mutableCopy', () => {
  test('is equal, separate, and keeps one object one object', () => {
    const shared = fromPlain({ x: [1] });
    const original: YamlMap = new Map<string, YamlValue>([
      ['a', shared],
      ['l', [shared, shared]],
    ]);
    const copy = mutableCopy(original);
    expect(copy).toEqual(original);
    expect(copy.get('a')).not.toBe(shared);
    const list = copy.get('l') as YamlValue[];
    expect(list[0]).toBe(list[1]);
    expect(list[0]).toBe(copy.get('a'));
  });
});

function outcome(act: () => YamlValue): unknown {
  try {
    return act();
  } catch (error) {
    if (error instanceof MergeConflictError) return error.path;
    throw error;
  }
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MergeConflictError, deepMerge, mergeMaps } from './deep-merge.ts';
import { YamlFloat, YamlTimestamp, fromPlain } from './yaml-value.ts';
import type { YamlMap, YamlValue } from './yaml-value.ts';

const merged = (a: unknown, b: unknown): YamlValue => deepMerge(fromPlain(a), fromPlain(b));

describe('deepMerge', () => {
  test.each([
    [{ a: 1 }, { a: null }, { a: 1 }],
    [{ a: null }, { a: [1] }, { a: [1] }],
    [{ a: [1] }, { a: [2, 1] }, { a: [1, 2, 1] }],
    [{ a: { x: 1 } }, { a: { y: 2 } }, { a: { x: 1, y: 2 } }],
    [{ a: 1 }, { a: [2] }, { a: [2] }],
    [{ a: 'text' }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{}, { a: null }, { a: null }],
    [{ a: false }, { a: 0 }, { a: 0 }],
    [{ a: 1 }, {}, { a: 1 }],
    [null, { a: 1 }, { a: 1 }],
    [1, null, 1],
  ])('of %j and %j is %j', (a, b, expected) => {
    expect(merged(a, b)).toEqual(fromPlain(expected));
  });

  test.each([
    [{ a: [1] }, { a: 2 }],
    [{ a: { x: 1 } }, { a: 's' }],
    [{ a: [1] }, { a: { x: 1 } }],
    [{ a: { x: 1 } }, { a: [1] }],
    [{ a: {} }, { a: [] }],
    [{ a: [] }, { a: false }],
    [{ a: {} }, { a: '' }],
  ])('refuses to merge %j and %j', (a, b) => {
    expect(() => merged(a, b)).toThrow(MergeConflictError);
  });

  test('says where the conflict is and what met there', () => {
    const merging = () => merged({ x: { y: { z: [1, 2] } } }, { x: { y: { z: 'no' } } });
    expect(merging).toThrow("cannot merge the string 'no' into a list of 2 at 'x.y.z'");
    expect(merging).toThrow(expect.objectContaining({ path: ['x', 'y', 'z'] }));
  });

  test('keeps the order of keys: the old ones first, then the new ones', () => {
    expect([...(merged({ b: 1, a: 1 }, { c: 1, a: 2, d: 1 }) as YamlMap).keys()]).toEqual([
      'b',
      'a',
      'c',
      'd',
    ]);
  });

  test('treats keys that Python calls equal as one key, which keeps its first form', () => {
    const a: YamlMap = new Map<boolean | YamlTimestamp, string>([
      [true, 'a'],
      [new YamlTimestamp('date', '2026-01-02'), 'a'],
    ]);
    const b: YamlMap = new Map<YamlFloat | YamlTimestamp, string>([
      [new YamlFloat(1), 'b'],
      [new YamlTimestamp('date', '2026-01-02'), 'b'],
    ]);
    expect([...mergeMaps(a, b)]).toEqual([
      [true, 'b'],
      [new YamlTimestamp('date', '2026-01-02'), 'b'],
    ]);
  });

  test('tells when a container takes the place of a scalar, and only then', () => {
    const told = (a: unknown, b: unknown): number => {
      let times = 0;
      mergeMaps(fromPlain(a) as YamlMap, fromPlain(b) as YamlMap, () => {
        times += 1;
      });
      return times;
    };
    expect(told({ a: { b: 1 } }, { a: { b: [1] } })).toBe(1);
    expect(told({ a: 1, b: null, c: [1], d: {} }, { a: 2, b: {}, c: [2], d: { x: 1 }, e: [] })).toBe(0);
  });
});

const scalar = fc.oneof(fc.constantFrom(null, true, 'x', 'y'), fc.integer({ min: 0, max: 3 }));
const tree = fc.letrec<{ value: YamlValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }).map(fromPlain),
  ),
})).value;
const document = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tree, { maxKeys: 4 })
  .map((plain) => fromPlain(plain) as YamlMap);

function attempt(act: () => YamlValue): YamlValue | 'conflict' {
  try {
    return act();
  } catch (error) {
    if (error instanceof MergeConflictError) return 'conflict';
    throw error;
  }
}

describe('deepMerge, for any documents,', () => {
  test('changes neither of them', () => {
    fc.assert(
      fc.property(document, document, (a, b) => {
        const before = [structuredClone(a), structuredClone(b)];
        attempt(() => deepMerge(a, b));
        expect([a, b]).toEqual(before);
      }),
    );
  });

  test('has the empty document as its neutral element, and gives the very argument back', () => {
    fc.assert(
      fc.property(document, (a) => {
        expect(deepMerge(a, new Map())).toBe(a);
        expect(deepMerge(new Map(), a)).toEqual(a);
        expect(deepMerge(a, null)).toBe(a);
      }),
    );
  });

  test('is associative wherever merging from the left succeeds', () => {
    fc.assert(
      fc.property(document, document, document, (a, b, c) => {
        const left = attempt(() => deepMerge(deepMerge(a, b), c));
        fc.pre(left !== 'conflict');
        expect(attempt(() => deepMerge(a, deepMerge(b, c)))).toEqual(left);
      }),
    );
  });

  test('shares what only one side has', () => {
    fc.assert(
      fc.property(document, document, (a, b) => {
        const result = attempt(() => deepMerge(a, b));
        fc.pre(result instanceof Map);
        const onlyIn = (one: YamlMap, other: YamlMap) =>
          [...one].filter(([key]) => (other.get(key) ?? null) === null);
        const shared = [...onlyIn(a, b), ...onlyIn(b, a)].filter(([, value]) => value !== null);
        expect(shared.every(([key, value]) => (result as YamlMap).get(key) === value)).toBe(true);
      }),
    );
  });
});

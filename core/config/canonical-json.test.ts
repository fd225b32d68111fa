import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, canonicalJsonWriter, pythonFloat } from './canonical-json.ts';
import { YamlFloat, YamlTimestamp, fromPlain, isYamlMap } from './yaml-value.ts';
import type { YamlKey, YamlValue } from './yaml-value.ts';

describe('canonical JSON', () => {
  test.each<[YamlValue, string]>([
    [null, 'null'],
    [true, 'true'],
    [1, '1'],
    [new YamlFloat(1), '1.0'],
    [new YamlFloat(-0), '-0.0'],
    [new YamlFloat(1e22), '1e+22'],
    [123456789012345678901234567890n, '123456789012345678901234567890'],
    [1e-7, '1e-07'],
    [0.00012, '0.00012'],
    [1.5e-300, '1.5e-300'],
    [Infinity, '{"!float":"inf"}'],
    [-Infinity, '{"!float":"-inf"}'],
    [Number.NaN, '{"!float":"nan"}'],
    [new YamlFloat(Infinity), '{"!float":"inf"}'],
    ['é"\\\n\u0007\u{1f40d}', '"é\\"\\\\\\n\\u0007\u{1f40d}"'],
    [new YamlTimestamp('date', '2016-01-02'), '{"!date":"2016-01-02"}'],
    [new YamlTimestamp('datetime', '2016-01-02T03:04:05'), '{"!datetime":"2016-01-02T03:04:05"}'],
    [new TextEncoder().encode('hello'), '{"!binary":"aGVsbG8="}'],
    [new Set(['b', 'a']), '{"!set":["a","b"]}'],
    [[1, [new YamlFloat(2)]], '[1,[2.0]]'],
  ])('of %o is %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test('orders keys by code point, whatever their type', () => {
    const keys: YamlKey[] = [
      '\u{1f40d}',
      '\uffee',
      true,
      null,
      1.5,
      new YamlFloat(7),
      10,
      9,
      new YamlTimestamp('date', '2016-01-02'),
    ];
    const map = new Map(keys.map((key) => [key, 0]));
    expect(Object.keys(JSON.parse(canonicalJson(map)) as object).sort()).toHaveLength(keys.length);
    expect(canonicalJson(map)).toBe(
      '{"1.5":0,"10":0,"2016-01-02":0,"7.0":0,"9":0,"null":0,"true":0,"\uffee":0,"\u{1f40d}":0}',
    );
  });

  test('is what JSON reads back, and the same for equal documents', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const document = fromPlain(value);
        const text = canonicalJson(document);
        expect(text).toBe(canonicalJson(reversed(document)));
        expect(text).toBe(canonicalJson(fromPlain(JSON.parse(text) as unknown)));
      }),
    );
  });

  test('a writer that has seen a value writes it as one that has not', () => {
    const write = canonicalJsonWriter();
    for (let i = 0; i < 2000; i++) {
      const value = fromPlain({ list: [i % 7], shared: { x: i % 3 } });
      expect(write(value)).toBe(canonicalJson(value));
      expect(write(value)).toBe(canonicalJson(value));
    }
  });
});

test('a float is printed as Python prints it', () => {
  expect([0.1, 1.5, 1e16, 123456789.12345679, 1e-5, 0.0001, 5e-324].map(pythonFloat)).toEqual([
    '0.1',
    '1.5',
    '1e+16',
    '123456789.12345679',
    '1e-05',
    '0.0001',
    '5e-324',
  ]);
});

function reversed(value: YamlValue): YamlValue {
  if (Array.isArray(value)) return (value as YamlValue[]).map(reversed);
  if (!isYamlMap(value)) return value;
  return new Map([...value].toReversed().map(([key, item]) => [key, reversed(item)]));
}

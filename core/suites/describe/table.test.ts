import { describe, expect, test } from 'vitest';
import { YamlFloat, YamlTimestamp } from '../../config/yaml-value.ts';
import type { YamlValue } from '../../config/yaml-value.ts';
import { pythonText } from './python-text.ts';
import { csvText, jsonText, plainText, textWidth } from './table.ts';

const table = {
  headers: ['a', 'b'],
  rows: [
    ['1', 'two\nlines'],
    ['é"\u007f', ''],
    ['x,y', '日本'],
  ],
};

describe('a table', () => {
  test('as JSON is one line of ASCII without empty cells', () => {
    expect(jsonText(table)).toBe(
      '{"headers": ["a", "b"], "data": [{"a": "1", "b": "two\\nlines"}, {"a": "\\u00e9\\"\\u007f"}, {"a": "x,y", "b": "\\u65e5\\u672c"}]}\n',
    );
  });

  test('as CSV quotes only what must be', () => {
    expect(csvText(table)).toBe('a,b\r\n1,"two\nlines"\r\n"é""\u007f",\r\n"x,y",日本\r\n');
    expect(csvText({ headers: ['a'], rows: [['']] })).toBe('a\r\n""\r\n');
  });

  test('in a frame keeps its columns straight', () => {
    const { headers, rows } = table;
    const text = plainText({ headers, rows: rows.filter((row) => row[0] !== 'é"\u007f') }, { ruled: true });
    expect(text.split('\n')).toEqual([
      '+-----+-------+',
      '| a   | b     |',
      '+-----+-------+',
      '| 1   | two   |',
      '|     | lines |',
      '+-----+-------+',
      '| x,y | 日本  |',
      '+-----+-------+',
      '',
    ]);
  });

  test('without rows is a head between rules', () => {
    const none = { headers: ['a'], rows: [] };
    expect(plainText(none, { ruled: true })).toBe('+---+\n| a |\n+---+\n');
    expect(plainText(none, { ruled: false })).toBe('+---+\n| a |\n+---+\n+---+\n');
  });

  test('knows how wide characters are', () => {
    expect(['abc', '日本', 'e\u0301', '🚀'].map(textWidth)).toEqual([3, 4, 1, 2]);
  });
});

test.each<[YamlValue, string]>([
  ["it's", "it's"],
  [1, '1'],
  [1.5, '1.5'],
  [new YamlFloat(7), '7.0'],
  [null, 'None'],
  [true, 'True'],
  [new YamlTimestamp('date', '2016-01-02'), '2016-01-02'],
  [["it's", 'a"b', 'both\'"', 'x\ny', false], `["it's", 'a"b', 'both\\'"', 'x\\ny', False]`],
  [new Map<string, YamlValue>([['k', [1, null]]]), "{'k': [1, None]}"],
])('%j in a table is %s', (value, text) => {
  expect(pythonText(value)).toBe(text);
});

test('large numbers in a table have all their digits', () => {
  expect(pythonText(2n ** 64n)).toBe('18446744073709551616');
});

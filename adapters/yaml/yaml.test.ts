import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { YamlError } from '../../core/config/yaml-error.ts';
import { YamlFloat, YamlTimestamp, isYamlMap } from '../../core/config/yaml-value.ts';
import { pyYaml } from './yaml.ts';
import type { YamlValue } from '../../core/config/yaml-value.ts';

/** What PyYAML 6 makes of a text: a type letter and a value, or ERR and the class of the error. */
type Answer = readonly [kind: string, value?: unknown];

const cases = JSON.parse(
  readFileSync(new URL('../../test/fixtures/pyyaml-cases.json', import.meta.url), 'utf8'),
) as { yaml: string; pyyaml: Answer }[];

/** Where we answer otherwise, on purpose: an explicit empty key is a slip, and a lone end marker is an empty document. */
const intended: Readonly<Record<string, Answer>> = { '? ': ['ERR', 'YamlError'], '...': ['n'] };

function answerOf(text: string): Answer {
  try {
    return tagged(pyYaml.parse(text));
  } catch (error) {
    if (error instanceof YamlError) return ['ERR', error.name];
    throw error;
  }
}

function tagged(value: YamlValue): Answer {
  if (value === null) return ['n'];
  if (typeof value === 'boolean') return ['b', value];
  if (typeof value === 'string') return ['s', value];
  if (typeof value === 'bigint') return ['i', String(value)];
  if (typeof value === 'number') return [Number.isInteger(value) ? 'i' : 'f', String(value)];
  if (value instanceof YamlFloat) return ['f', value.toString()];
  if (value instanceof YamlTimestamp) return ['d', value.iso];
  if (value instanceof Uint8Array) return ['binary', Buffer.from(value).toString('base64')];
  if (value instanceof Set) return ['set', [...value].map(tagged)];
  if (isYamlMap(value)) return ['m', [...value].map(([key, item]) => [tagged(key), tagged(item)])];
  return ['l', (value as readonly YamlValue[]).map(tagged)];
}

/** PyYAML's answer in our terms: all errors are one, tuples are lists, floats print as JavaScript's do. */
function expected({ yaml, pyyaml }: { yaml: string; pyyaml: Answer }): Answer {
  const answer = intended[yaml] ?? pyyaml;
  if (answer[0] === 'ERR') return ['ERR', 'YamlError'];
  return JSON.parse(JSON.stringify(answer), (_key, item: unknown) => {
    if (!Array.isArray(item)) return item;
    if (item[0] === 't') return ['l', item[1]];
    return item[0] === 'f' ? ['f', floatText(String(item[1]))] : item;
  }) as Answer;
}

function floatText(python: string): string {
  if (python === 'nan') return 'NaN';
  if (python.endsWith('inf')) return python.replace('inf', 'Infinity');
  return Number.isInteger(Number(python)) ? python : String(Number(python));
}

describe('reading YAML as PyYAML does', () => {
  test.each(cases)('answers $yaml as PyYAML does', (each) => {
    expect(answerOf(each.yaml)).toEqual(expected(each));
  });

  test('gives aliases the value object of their anchor', () => {
    const parsed = pyYaml.parse('a: &x [1]\nb: *x') as ReadonlyMap<string, YamlValue>;
    expect(parsed.get('b')).toBe(parsed.get('a'));
  });

  test('lets brackets and quotes go on at the left margin', () => {
    expect(answerOf('roles: [\n[a],\n[b]\n]\ntext: "one\ntwo"')).toEqual(
      answerOf('roles: [[a], [b]]\ntext: "one two"'),
    );
  });

  test('lets text go on for hundreds of lines so, and no further than the work is bounded', () => {
    const items = (count: number): string[] => Array.from({ length: count }, (_, index) => `item ${index}`);
    expect(pyYaml.parse(`list: [\n${items(300).join(',\n')}\n]`)).toEqual(new Map([['list', items(300)]]));
    expect(() => pyYaml.parse(`list: [\n${items(3000).join(',\n')}\n]`)).toThrow(/deficient indentation/);
  });
});

describe('an error in YAML', () => {
  function errorOf(text: string, file?: string): YamlError {
    try {
      pyYaml.parse(text, file);
    } catch (error) {
      if (error instanceof YamlError) return error;
    }
    throw new Error(`'${text}' was accepted`);
  }

  test('names file, line, column and shows the line', () => {
    const error = errorOf('a: 1\nb:  c: d\n', 'job.yaml');
    expect(error).toMatchObject({ file: 'job.yaml', line: 2, column: 6 });
    expect(error.message).toBe('job.yaml:2:6: bad indentation of a mapping entry, in: b:  c: d');
  });

  test('has its place after a value that is refused only once it is understood', () => {
    expect(errorOf('a: 1\nb:\n  when: !!int twelve\n')).toMatchObject({ line: 3, column: 9 });
    expect(errorOf('a: 1\nb: *nowhere\n')).toMatchObject({ line: 2 });
    expect(errorOf('a: 1\r\nb: 2\r\n[1]: 3\r\n')).toMatchObject({ line: 3 });
  });

  test('has the column of the text as it was given, in brackets at the left margin too', () => {
    expect(errorOf('a: [\n1,\n2 }\n]')).toMatchObject({ line: 3, column: 3 });
    expect(errorOf('a: [\n1,\nb c: *no\n]')).toMatchObject({ line: 3, column: 6 });
  });

  test('is given for a second document, at its marker', () => {
    expect(errorOf('a: 1\n---\nb: 2\n')).toMatchObject({ line: 2, column: 1 });
  });

  test('is given for control characters, wherever they are', () => {
    expect(errorOf('a: 1\n# \u0007\n').message).toContain('U+0007');
    expect(errorOf('a: b\0').message).toContain('U+0000');
  });

  test('is given for an alias inside its own anchor', () => {
    expect(errorOf('&a [*a]').message).toContain("'*a'");
  });
});

describe('a hostile document', () => {
  test('cannot grow through aliases', () => {
    const bomb = Array.from({ length: 12 }, (_, level) => {
      const below = level === 0 ? 'lol' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array.from({ length: 10 }, () => below).join(', ')}]`;
    }).join('\n');
    expect(() => pyYaml.parse(bomb)).toThrow(/stands for more than 1000000 values/);
  });

  test('cannot grow through merge keys', () => {
    const merges = Array.from({ length: 24 }, (_, level) => {
      const below = level === 0 ? '{k: 1}' : `*m${level - 1}`;
      return `m${level}: &m${level}\n  <<: [${below}, ${below}]\n`;
    }).join('');
    expect(() => pyYaml.parse(merges)).toThrow(YamlError);
  });

  test('cannot be endlessly deep or long', () => {
    expect(() => pyYaml.parse('['.repeat(5000))).toThrow(YamlError);
    expect(() => pyYaml.parse(`a: ${'x'.repeat(17 * 1024 * 1024)}`)).toThrow(/characters are more than/);
  });
});

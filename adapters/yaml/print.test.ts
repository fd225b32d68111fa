import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { YamlFloat, YamlTimestamp } from '../../core/config/yaml-value.ts';
import { describeWith, sharedFolder } from '../../test/requirements.ts';
import { YamlError } from '../../core/config/yaml-error.ts';
import { pyYaml } from './yaml.ts';
import type { YamlValue } from '../../core/config/yaml-value.ts';

describe('printing YAML', () => {
  test('looks like PyYAML: block style, items level with their key, keys in map order', () => {
    const text =
      'tasks:\n- install: null\n- exec:\n    client.0:\n    - echo hello\nroles:\n- - mon.a\n  - osd.0\nempty: []\nnone: {}\n';
    expect(pyYaml.print(pyYaml.parse(text))).toBe(text);
  });

  test.each([
    ["os_version: '14.04'\n", 'a version that is text'],
    ['os_version: 14.04\n', 'a version that is a number'],
    ['chance_down: 1.0\n', 'a float with an integral value'],
    ["answer: 'yes'\n", 'a word that would be a boolean'],
    ["when: '2014-01-01'\n", 'text that would be a date'],
    ["never: '2014-13-45'\n", 'text that only looks like a date'],
    ['when: 2014-01-01\n', 'a date'],
    ['when: 2014-01-01 10:00:00.500000+02:00\n', 'a moment'],
    ['big: 18446744073709551615\n', 'an int beyond doubles'],
    ['small: 1.5e-09\n', 'a small float'],
    ['huge: 1.0e+20\n', 'a huge float'],
    ['script: |\n  set -e\n  true\n', 'a script'],
    ["cmd: 'echo \"it''s\" # not a comment: really'\n", 'quotes of both kinds'],
    ['data: !!binary aGVsbG8=\n', 'binary'],
    ['members: !!set\n  a: null\n  b: null\n', 'a set'],
  ])('keeps %j as it is: %s', (text) => {
    expect(pyYaml.print(pyYaml.parse(text))).toBe(text);
  });

  test('writes shared parts out, so that equal values give equal text', () => {
    const shared: YamlValue = ['x'];
    const text = pyYaml.print(
      new Map([
        ['a', shared],
        ['b', shared],
      ]),
    );
    expect(text).toBe('a:\n- x\nb:\n- x\n');
  });
});

const key = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.integer({ min: 10, max: 99 }),
  fc.constantFrom(null, true, new YamlFloat(7), new YamlTimestamp('date', '2014-11-17')),
);

/** Text made of what is special to YAML, far more often than chance would have it. */
const awkwardText = fc
  .array(
    fc.constantFrom(
      ...'-?:,[]{}#&*!|>\'"%@`=<~_ \n\t.0eéy',
      '---',
      '...',
      'null',
      'yes',
      '12:30',
      ': ',
      '- ',
      ' #',
      '\u0007',
      '\u2028',
      '😀',
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''));

const scalar: fc.Arbitrary<YamlValue> = fc.oneof(
  awkwardText,
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
  fc
    .double({ noNaN: true, noDefaultInfinity: false })
    .map((value) => (Number.isInteger(value) ? new YamlFloat(value) : value)),
  fc.constantFrom(
    new YamlTimestamp('date', '2014-11-17'),
    new YamlTimestamp('datetime', '2014-11-17T01:21:31.677000+00:00'),
  ),
  fc.uint8Array({ maxLength: 8 }),
);

const { value: anyValue } = fc.letrec<{ value: YamlValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  ),
}));

describe('what is printed', () => {
  test('is read back as the same value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(pyYaml.parse(pyYaml.print(value))).toStrictEqual(value);
      }),
      { numRuns: 2000 },
    );
  });

  test('does not change when it is printed again', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = pyYaml.print(value);
        expect(pyYaml.print(pyYaml.parse(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test('is read or refused, and nothing else, when it is cut anywhere', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), (value, cut) => {
        const text = pyYaml.print(value);
        expect(() => parseOrNull(text.slice(0, cut % (text.length + 1)))).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});

describeWith(['shared'], "the original's suites", () => {
  test('round-trip, every file that is valid', () => {
    const folder = mkdtempSync(join(tmpdir(), 'loligo-suites-'));
    try {
      execFileSync('tar', ['xzf', join(sharedFolder, 'ceph-qa-suite.tar.gz'), '-C', folder]);
      const texts = yamlFiles(folder).map((file) => ({
        file,
        text: readFileSync(join(folder, file), 'utf8'),
      }));
      const readable = texts.filter(({ text }) => parseOrNull(text) !== null);
      const changed = readable.filter(({ text }) => {
        const { value } = parseOrNull(text) ?? { value: null };
        return !isDeepStrictEqual(pyYaml.parse(pyYaml.print(value)), value);
      });
      expect(texts.filter((each) => !readable.includes(each)).map(({ file }) => file)).toEqual([
        'timezone/random.yaml',
      ]);
      expect(changed.map(({ file }) => file)).toEqual([]);
      expect(readable.length).toBeGreaterThan(980);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The value in a box, or null for a text that is refused; any other failure is thrown. */
function parseOrNull(text: string): { readonly value: YamlValue } | null {
  try {
    return { value: pyYaml.parse(text) };
  } catch (error) {
    if (error instanceof YamlError) return null;
    throw error;
  }
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

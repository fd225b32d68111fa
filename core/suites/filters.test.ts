import { describe, expect, test } from 'vitest';
import { YamlFloat } from '../config/yaml-value.ts';
import type { YamlValue } from '../config/yaml-value.ts';
import { FilterError } from './errors.ts';
import { isLuaPattern, needLua, noFilters, osChoice, refusal } from './filters.ts';
import type { JobFilters } from './filters.ts';

const plainFind = (pattern: string, text: string): boolean => text.includes(pattern);

function ask(
  filters: Partial<JobFilters>,
  config: Record<string, YamlValue> = {},
  base: Record<string, YamlValue> = {},
) {
  return refusal({
    job: {
      description: 's/{f/one g/a-c}',
      paths: ['s/f/one.yaml', 's/g/a-c.yaml'],
      config: new Map(Object.entries(config)),
    },
    filters: { ...noFilters, ...filters },
    os: osChoice(new Map(Object.entries(base))),
    finds: plainFind,
  });
}

describe('filters', () => {
  test('let everything pass when there are none, or only empty lists', () => {
    expect(ask({})).toBeNull();
    expect(ask({ in: [], out: [], all: [] })).toBeNull();
  });

  test('want one of, none of, or all of their keywords in the description', () => {
    expect(ask({ in: ['two', 'f/one'] })).toBeNull();
    expect(ask({ in: ['two', 'three'] })).toBe("matches none of 'two', 'three'");
    expect(ask({ out: ['two', 'a-c'] })).toBe("matches 'a-c', which is filtered out");
    expect(ask({ all: ['one', 'a-c'] })).toBeNull();
    expect(ask({ all: ['one', 'two'] })).toBe("does not match 'two'");
  });

  test('see the paths of fragments only when asked to', () => {
    expect(ask({ in: ['one.yaml'] })).not.toBeNull();
    expect(ask({ in: ['one.yaml'], fragments: true })).toBeNull();
  });

  test('need Lua only for keywords that mean something else to it', () => {
    expect(isLuaPattern('thrash/one_x')).toBe(false);
    for (const keyword of ['a-b', 'a.b', '%', '[', 'x+', '(y)', '^a', 'b$', 'q?', '*'])
      expect(isLuaPattern(keyword)).toBe(true);
    expect(needLua({ ...noFilters, in: ['a-b'] })).toBe(false);
    expect(needLua({ ...noFilters, in: ['a-b'], fragments: true })).toBe(true);
    expect(needLua({ ...noFilters, out: ['ab'], fragments: true })).toBe(false);
  });
});

describe('the operating system of the base config', () => {
  test('must be that of the job', () => {
    expect(ask({}, { os_type: 'ubuntu' }, { os_type: 'ubuntu' })).toBeNull();
    expect(ask({}, { os_type: 'centos' }, { os_type: 'ubuntu' })).toBe('is for os_type centos');
    expect(ask({}, { os_type: 'centos', os_version: '9' }, { os_version: '8' })).toBe('is for os_version 9');
  });

  test.each<[YamlValue, YamlValue, boolean]>([
    ['9.stream', '9', true],
    ['9', '9.stream', true],
    ['22.04', 22.04, true],
    ['8.0', new YamlFloat(8), true],
    ['8', 8, true],
    ['8', new YamlFloat(8), false],
    ['7.2', '7.3', false],
  ])('version %s and %s: the same is %s', (job, base, same) => {
    expect(ask({}, { os_version: job }, { os_version: base }) === null).toBe(same);
  });

  test('is compared with a version only', () => {
    expect(() => ask({}, { os_version: new Map() }, { os_version: '8' })).toThrow(FilterError);
  });
});

import { describe, expect, test } from 'vitest';
import { pyYaml } from '../../../adapters/yaml/yaml.ts';
import { fakeSuiteSource } from '../../../test/fixtures/fake-suite-source.ts';
import { combinationTable } from './combinations.ts';
import { MetaError } from './fragment-meta.ts';
import { treeTable } from './tree.ts';

const source = fakeSuiteSource({
  s: {
    '%': '',
    a: { 'one.yaml': 'meta: [{desc: first, n: 1}]\n', 'two.yaml': '' },
    b: { 'x.yaml': 'meta: [{desc: second}]\n', '.hidden': '' },
    '.qa': {},
    'old.disable': { 'z.yaml': '' },
    zz: null,
  },
  bad: { 'a.yaml': 'meta: {desc: no list}\n' },
  ugly: { 'a.yaml': 'meta: [{desc: 1}, {desc: 2}]\n' },
});
const wish = { source, yaml: pyYaml, fields: ['desc', 'n'], showFacet: true };

describe('the tree of a suite', () => {
  test('shows what lies there, hidden entries left out', () => {
    const { headers, rows } = treeTable({ ...wish, path: 'suites/s', drawn: true });
    expect(headers).toEqual(['path', 'facet', 'desc', 'n']);
    expect(rows.map((row) => row.join('|'))).toEqual([
      '├── %|||',
      '├── a|||',
      '│   ├── one.yaml|a|first|1',
      '│   └── two.yaml|a||',
      '├── b|||',
      '│   └── x.yaml|b|second|',
      '├── old.disable|||',
      '│   └── z.yaml|old.disable||',
      '└── zz|||',
    ]);
  });

  test('has whole paths where it is not drawn, and facets only when they are asked for', () => {
    const { headers, rows } = treeTable({
      ...wish,
      path: 'suites/s/a',
      fields: [],
      showFacet: false,
      drawn: false,
    });
    expect([headers, rows]).toEqual([['path'], [['/suites/s/a/one.yaml'], ['/suites/s/a/two.yaml']]]);
  });

  test.each(['bad', 'ugly'])(
    'is refused when a fragment of %s says of itself what nobody can read',
    (suite) => {
      const describing = () => treeTable({ ...wish, path: `suites/${suite}`, drawn: true });
      expect(describing).toThrow(MetaError);
      expect(describing).toThrow(`suites/${suite}/a.yaml: \`meta\` must be a list of exactly one map`);
    },
  );
});

describe('the jobs of a suite', () => {
  const jobs = [['suites/s/b/x.yaml'], ['suites/s/a/one.yaml', 'suites/s/b/x.yaml']];

  test('show which fragment was picked from each facet, and what they say together', () => {
    expect(combinationTable(jobs, wish)).toEqual({
      headers: ['subsuite depth 0', 'a', 'b', 'desc', 'n'],
      rows: [
        ['s', '', 'x', 'second', ''],
        ['s', 'one', 'x', 'first\nsecond', '1'],
      ],
    });
  });

  test('show only fields without facets, and nothing at all without jobs', () => {
    expect(combinationTable(jobs, { ...wish, showFacet: false }).headers).toEqual(['desc', 'n']);
    expect(combinationTable([], wish)).toEqual({ headers: ['desc', 'n'], rows: [] });
  });
});

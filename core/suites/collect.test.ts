import { describe, expect, test } from 'vitest';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { canonicalJson } from '../config/canonical-json.ts';
import type { YamlMap } from '../config/yaml-value.ts';
import { exclusion, packageFlavor, withBaseHashes } from './collect.ts';
import { jobFilters } from './keywords.ts';
import { osVersion } from './os-version.ts';

const yaml = (text: string) => pyYaml.parse(text) as YamlMap;

describe('a job is left out', () => {
  test.each([
    ['exclude_arch: x86_64', 'excludes the architecture x86_64'],
    ['exclude_arch: aarch64', null],
    ['exclude_arch: [x86_64]', null],
    ['{exclude_os_type: ubuntu, os_type: ubuntu}', 'excludes the system ubuntu'],
    ['exclude_os_type: centos', 'excludes the system centos'],
    ['{exclude_os_type: centos, os_type: ubuntu}', null],
    ['{}', null],
  ])('with %s: %s', (config, reason) => {
    expect(exclusion(yaml(config), { arch: 'x86_64', osType: 'centos' })).toBe(reason);
  });
});

describe('the hashes of the build', () => {
  const base = yaml(
    '{sha1: new, suite_sha1: s, overrides: {install: {ceph: {sha1: new}}, workunit: {sha1: s}}}',
  );

  test('replace those of fragments wherever the maps around them are there', () => {
    const job = yaml(
      '{sha1: old, overrides: {install: {ceph: {sha1: old, x: 1}}}, tasks: [{install: {ceph: {sha1: mine}}}]}',
    );
    expect(canonicalJson(withBaseHashes(job, base))).toBe(
      canonicalJson(
        yaml(
          '{sha1: new, suite_sha1: s, overrides: {install: {ceph: {sha1: new, x: 1}}}, tasks: [{install: {ceph: {sha1: mine}}}]}',
        ),
      ),
    );
  });

  test('leave a job alone that has them already, and one that has something else in the way', () => {
    expect(withBaseHashes(base, base)).toBe(base);
    expect(withBaseHashes(yaml('{sha1: new, suite_sha1: s, overrides: 5}'), base).get('overrides')).toBe(5);
  });
});

describe('the flavor of packages', () => {
  test.each([
    ['tasks: [{nop: }, {install: }]', 'default'],
    ['tasks: [{install: {flavor: crimson}}, {install: {flavor: other}}]', 'crimson'],
    ['{tasks: [{install: {flavor: a}}], overrides: {install: {flavor: b}}}', 'b'],
    ['{tasks: [{install: {flavor: a}}], overrides: {install: {flavor: b, ceph: {flavor: c}}}}', 'c'],
    ['{tasks: [{install: {project: x}}], overrides: {install: {x: {flavor: d}, ceph: {flavor: c}}}}', 'd'],
    ['tasks: [{install: {path: /mine, valgrind: yes}}]', 'local'],
    ['tasks: [{install: {valgrind: yes, coverage: yes}}]', 'notcmalloc'],
    ['tasks: [{install: {coverage: yes, flavor: x}}]', 'gcov'],
    ['tasks: [{install: {coverage: no, flavor: x}}]', 'x'],
    ['roles: []', 'default'],
  ])('of %s is %s', (config, flavor) => {
    expect(packageFlavor(yaml(config))).toBe(flavor);
  });
});

test('an empty keyword is nobody’s wish, unless the original is to be followed', () => {
  const given = { in: ['a', ''], out: [], all: [' '], fragments: false };
  expect(jobFilters(given, { compat: false })).toEqual({ in: ['a'], out: [], all: [], fragments: false });
  expect(jobFilters(given, { compat: true })).toEqual({ ...given, fragments: true });
});

test.each([
  ['Jammy', 'ubuntu', '22.04'],
  ['bookworm', null, '12'],
  ['jammy', 'debian', 'jammy'],
  ['9.Stream', 'centos', '9.stream'],
])('version %s of %s is %s', (given, osType, version) => {
  expect(osVersion(given, osType)).toBe(version);
});

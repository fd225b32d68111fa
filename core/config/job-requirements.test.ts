import { expect, test } from 'vitest';
import { jobRequirements } from './job-requirements.ts';
import { YamlFloat, fromPlain } from './yaml-value.ts';
import type { YamlMap } from './yaml-value.ts';

function requirementsOf(job: Record<string, unknown>): ReturnType<typeof jobRequirements> {
  return jobRequirements(fromPlain(job) as YamlMap);
}

test('an empty job needs nothing', () => {
  expect(requirementsOf({})).toEqual({
    nodeCount: 0,
    machineType: null,
    osType: null,
    osVersion: null,
    arch: null,
    byNode: null,
    priority: 1000,
  });
});

test('a job needs a node for each entry of roles, whatever its targets', () => {
  expect(
    requirementsOf({ roles: [['a.0'], ['a.1']], targets: { a: null, b: null, c: null } }).nodeCount,
  ).toBe(2);
  expect(requirementsOf({ targets: { a: null, b: null, c: null } }).nodeCount).toBe(3);
});

test('machine types are separated by commas or blanks, and the alias wins', () => {
  expect(requirementsOf({ machine_type: 'smithi, mira\tplana' }).machineType).toBe('smithi,mira,plana');
  expect(requirementsOf({ machine_type: 'smithi', 'machine-type': 'vps' }).machineType).toBe('vps');
  expect(requirementsOf({ machine_type: '' }).machineType).toBeNull();
});

test('versions that are numbers become their text', () => {
  expect(requirementsOf({ os_type: 'centos', os_version: new YamlFloat(7), arch: 'x86_64' })).toMatchObject({
    osType: 'centos',
    osVersion: '7.0',
    arch: 'x86_64',
  });
  expect(requirementsOf({ os_version: 14.04, priority: 50 })).toMatchObject({
    osVersion: '14.04',
    priority: 50,
  });
});

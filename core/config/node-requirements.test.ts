import { describe, expect, test } from 'vitest';
import { findingsIn } from './job-checks.ts';
import { jobRequirements, roleWishes, systemWishes } from './job-requirements.ts';
import { RequirementError, nodeRequirements } from './node-requirements.ts';
import { YamlFloat, fromPlain } from './yaml-value.ts';
import type { YamlMap } from './yaml-value.ts';

const roles = [['mon.a', 'osd.0'], ['mon.b'], ['client.0', 'client.1']];
const jobOf = (job: object): YamlMap => fromPlain({ roles, ...job }) as YamlMap;
const anything = { machineType: null, osType: null, osVersion: null, arch: null };
const sentences = (requirements: unknown) =>
  findingsIn(jobOf({ requirements, tasks: [] })).map(({ path, sentence }) => [path.join('.'), sentence]);

test('a job without requirements wants the same of all nodes', () => {
  expect(nodeRequirements(jobOf({}))).toBeNull();
  expect(roleWishes(jobRequirements(jobOf({})), 'box')).toBeNull();
});

test('roles, types of roles and patterns say what their nodes must be, in the order of roles', () => {
  const requirements = {
    mon: { machine_type: 'mira plana' },
    'ceph.client.0': { arch: 'aarch64' },
    'osd.*': { os_type: 'centos', os_version: new YamlFloat(9) },
  };
  expect(nodeRequirements(jobOf({ requirements }))).toEqual([
    { ...anything, role: 'mon and osd.*', machineType: 'mira,plana', osType: 'centos', osVersion: '9.0' },
    { ...anything, role: 'mon', machineType: 'mira,plana' },
    { ...anything, role: 'ceph.client.0', arch: 'aarch64' },
  ]);
});

test('what they leave open is as the job says, but for the version of another system', () => {
  const job = jobOf({
    os_type: 'ubuntu',
    os_version: '22.04',
    arch: 'x86_64',
    requirements: { mon: { os_type: 'centos' }, client: { os_type: 'Ubuntu', arch: 'aarch64' } },
  });
  expect(roleWishes(jobRequirements(job), 'box')).toEqual([
    { role: 'mon', machineType: 'box', osType: 'centos', osVersion: null, arch: 'x86_64' },
    { role: 'mon', machineType: 'box', osType: 'centos', osVersion: null, arch: 'x86_64' },
    { role: 'client', machineType: 'box', osType: 'Ubuntu', osVersion: '22.04', arch: 'aarch64' },
  ]);
  expect(systemWishes(job)[2]).toEqual({ osType: 'Ubuntu', osVersion: '22.04' });
});

describe('is refused, with one sentence:', () => {
  test.each([
    [['mon'], 'requirements', 'requirements must be a map of role to what its node must be, found ["mon"]'],
    [
      { 'mon.z': { arch: 'x' } },
      'requirements.mon.z',
      'requirements name mon.z, which no node plays: the roles are mon.a, osd.0, mon.b, client.0, client.1',
    ],
    [
      { mon: 'aarch64' },
      'requirements.mon',
      "the requirements of mon must be a map of machine_type, os_type, os_version, arch, found 'aarch64'",
    ],
    [
      { mon: { archs: 'x' } },
      'requirements.mon.archs',
      "the requirements of mon have the key 'archs'; did you mean 'arch'?",
    ],
    [
      { mon: { arch: ['x'] } },
      'requirements.mon.arch',
      'the requirements of mon have arch: ["x"], which is not text',
    ],
    [
      { mon: { arch: '' } },
      'requirements.mon.arch',
      "the requirements of mon have arch: '', which is not text",
    ],
    [
      { mon: { arch: 'x86_64' }, 'osd.0': { arch: 'aarch64' } },
      'requirements.osd.0.arch',
      'the node of mon.a, osd.0 cannot be what is required: mon wants arch x86_64, osd.0 wants aarch64',
    ],
  ])('%j', (requirements, path, sentence) => {
    expect(sentences(requirements)).toEqual([[path, expect.stringContaining(sentence)]]);
    expect(() => jobRequirements(jobOf({ requirements }))).toThrow(RequirementError);
  });
});

test('the same asked twice of a node is no contradiction, nor is a role asked for nothing', () => {
  const requirements = { mon: { arch: 'X86_64' }, 'osd.0': { arch: 'x86_64' }, client: null };
  expect(sentences(requirements)).toEqual([]);
});

test('a fragment may name roles that another one has', () => {
  const fragment = fromPlain({ tasks: [], requirements: { 'client.9': { arch: 'x' }, mon: { x: 1 } } });
  expect(findingsIn(fragment as YamlMap, 'fragment').map(({ path }) => path.join('.'))).toEqual([
    'requirements.mon.x',
  ]);
});

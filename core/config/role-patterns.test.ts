import { describe, expect, test } from 'vitest';
import { daemonRoles, expandRoles, replaceAllWithClients } from './role-patterns.ts';

const hosts = [
  ['mon.a', 'osd.0', 'osd.1'],
  ['ceph.osd.2', 'backup.osd.3', 'client.0'],
  ['client.1', 'backup.client.2', 'bootstrap'],
];

describe('the roles that a task names', () => {
  test.each([
    [
      ['client.0', 'bootstrap'],
      ['client.0', 'bootstrap'],
    ],
    [['osd.*'], ['osd.0', 'osd.1', 'ceph.osd.2', 'backup.osd.3']],
    [['backup.osd.*'], ['backup.osd.3']],
    [['clients'], ['client.0', 'client.1', 'backup.client.2']],
    [['all-roles'], hosts.flat()],
    [
      ['client.0', 'clients'],
      ['client.0', 'client.1', 'backup.client.2'],
    ],
    [['mds.*'], []],
    [['absent.0'], ['absent.0']],
  ])('%j', (names, roles) => {
    expect(expandRoles(hosts, names)).toEqual(roles);
  });
});

describe('the daemons that a task means', () => {
  const types = ['mon', 'osd'];

  test('are all of the allowed types when it names none', () => {
    expect(daemonRoles(hosts, { entries: null, types })).toEqual([
      'mon.a',
      'osd.0',
      'osd.1',
      'osd.2',
      'osd.3',
    ]);
  });

  test('are those of one cluster for a wildcard', () => {
    expect(daemonRoles(hosts, { entries: ['osd.*'], types })).toEqual(['osd.0', 'osd.1', 'osd.2']);
    expect(daemonRoles(hosts, { entries: ['backup.osd.*'], types, keepCluster: true })).toEqual([
      'backup.osd.3',
    ]);
  });

  test('are named once, whichever way they were named', () => {
    expect(daemonRoles(hosts, { entries: ['ceph.osd.2', 'osd.2'], types, keepCluster: true })).toEqual([
      'ceph.osd.2',
    ]);
  });

  test('may not be of another type, or labels', () => {
    expect(() => daemonRoles(hosts, { entries: ['client.0'], types })).toThrow(
      "role 'client.0' is of type 'client', not one of mon, osd",
    );
    expect(() => daemonRoles(hosts, { entries: ['bootstrap'], types })).toThrow(
      "role 'bootstrap' is not of the form",
    );
  });
});

describe('a configuration for all clients', () => {
  test('is spelt out for each', () => {
    expect(replaceAllWithClients(hosts, { all: ['x'] })).toEqual({
      'client.0': ['x'],
      'client.1': ['x'],
      'client.2': ['x'],
    });
  });

  test('stays as it is without `all`', () => {
    expect(replaceAllWithClients(hosts, { 'client.0': 1 })).toEqual({ 'client.0': 1 });
  });

  test('has no other key beside `all`', () => {
    expect(() => replaceAllWithClients(hosts, { all: 1, 'client.0': 2 })).toThrow(
      "'all' must be the only key, found also client.0",
    );
  });
});

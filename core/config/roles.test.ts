import { describe, expect, test } from 'vitest';
import {
  RoleError,
  allRoles,
  allRolesOfType,
  cephRole,
  clientId,
  clusterRolesOfType,
  countRolesOfType,
  firstMon,
  isSameRole,
  isType,
  monNames,
  parseRole,
  rolesOfType,
  splitRole,
} from './roles.ts';

const hosts = [
  ['mon.b', 'mgr.x', 'osd.0', 'osd.1', 'bootstrap'],
  ['ceph.mon.a', 'osd.2', 'backup.osd.3', 'backup.mon.a'],
  ['client.0', 'ceph.client.1', 'client.rgw.foo'],
];

describe('taking a role apart', () => {
  test.each([
    ['mon.a', { cluster: 'ceph', type: 'mon', id: 'a' }],
    ['ceph.mon.a', { cluster: 'ceph', type: 'mon', id: 'a' }],
    ['backup.osd.3', { cluster: 'backup', type: 'osd', id: '3' }],
    ['client.rgw.foo', { cluster: 'ceph', type: 'client', id: 'rgw.foo' }],
    ['backup.client.rgw.foo', { cluster: 'backup', type: 'client', id: 'rgw.foo' }],
    ['a.b.c.d', { cluster: 'ceph', type: 'a', id: 'b.c.d' }],
    ['node.a', { cluster: 'ceph', type: 'node', id: 'a' }],
    ['ceph.node.a', { cluster: 'ceph', type: 'node', id: 'a' }],
  ])('%s', (role, parts) => {
    expect(splitRole(role)).toEqual(parts);
  });

  test('refuses a label, by name', () => {
    expect(() => splitRole('foo')).toThrow(RoleError);
    expect(() => splitRole('foo')).toThrow("role 'foo' is not of the form [cluster.]type.id");
    expect(parseRole('foo')).toBeNull();
  });

  test('leaves the cluster out of the ceph name', () => {
    expect(cephRole('backup.osd.3')).toBe('osd.3');
    expect(cephRole('client.0')).toBe('client.0');
  });
});

describe('comparing roles', () => {
  test('takes the default cluster as said', () => {
    expect(isSameRole('ceph.client.0', 'client.0')).toBe(true);
    expect(isSameRole('backup.client.0', 'client.0')).toBe(false);
  });

  test('takes labels literally', () => {
    expect(isSameRole('bootstrap', 'bootstrap')).toBe(true);
    expect(isSameRole('bootstrap', 'client.0')).toBe(false);
  });

  test('finds a type, in all clusters or one, and never a label', () => {
    expect(hosts.flat().filter(isType('osd'))).toEqual(['osd.0', 'osd.1', 'osd.2', 'backup.osd.3']);
    expect(hosts.flat().filter(isType('osd', 'backup'))).toEqual(['backup.osd.3']);
    expect(isType('bootstrap')('bootstrap')).toBe(false);
  });
});

describe('listing roles', () => {
  test('by type on one host, as names or ids', () => {
    expect(clusterRolesOfType(hosts[1] ?? [], 'mon', 'backup')).toEqual(['backup.mon.a']);
    expect(rolesOfType(hosts[2] ?? [], 'client')).toEqual(['0', '1', 'rgw.foo']);
  });

  test('over all hosts', () => {
    expect(allRoles(hosts)).toHaveLength(12);
    expect(allRolesOfType(hosts, 'osd')).toEqual(['0', '1', '2', '3']);
    expect(countRolesOfType(hosts, 'osd')).toBe(3);
    expect(countRolesOfType(hosts, 'osd', 'backup')).toBe(1);
  });

  test('finds the first monitor by name, of one cluster', () => {
    expect(monNames(hosts)).toEqual(['mon.b', 'ceph.mon.a']);
    expect(firstMon(hosts)).toBe('ceph.mon.a');
    expect(firstMon(hosts, 'backup')).toBe('backup.mon.a');
    expect(() => firstMon(hosts, 'other')).toThrow("cluster 'other' has no mon role");
  });

  test('gives the id of clients only', () => {
    expect(clientId('ceph.client.1')).toBe('1');
    expect(() => clientId('osd.0')).toThrow("role 'osd.0' is not a client");
    expect(() => clientId('bootstrap')).toThrow(RoleError);
  });
});

import { describe, expect, test } from 'vitest';
import { createCluster } from '../remote/cluster.ts';
import type { Remote } from '../remote/remote.ts';
import { daemonsOf, readLayout } from './ceph-layout.ts';

function layoutOf(roles: readonly string[][], name = 'ceph', managers = true): ReturnType<typeof readLayout> {
  const hosts = roles.map((each, index) => ({ remote: { name: `h${index}` } as Remote, roles: each }));
  return readLayout(createCluster(hosts), { name, managers });
}

describe('the roles of a Ceph cluster', () => {
  test('of the three-node example get the manager that it lacks, and a name for the metadata server that Ceph takes', () => {
    const layout = layoutOf([
      ['mon.0', 'mds.0', 'osd.0'],
      ['mon.1', 'osd.1'],
      ['mon.2', 'client.0'],
    ]);
    expect(daemonsOf(layout).map(({ role, name }) => [role, name])).toEqual([
      ['mon.0', 'mon.0'],
      ['mon.1', 'mon.1'],
      ['mon.2', 'mon.2'],
      ['mgr.0', 'mgr.0'],
      ['osd.0', 'osd.0'],
      ['osd.1', 'osd.1'],
      ['mds.0', 'mds.mds-0'],
    ]);
    expect(layout.clients.map(({ name }) => name)).toEqual(['client.0']);
  });

  test('are those of one cluster only', () => {
    const roles = [
      ['mon.b', 'backup.mon.a', 'osd.0', 'backup.osd.0'],
      ['mon.a', 'backup.mgr.x', 'backup.client.1'],
    ];
    const [one, two] = [layoutOf(roles), layoutOf(roles, 'backup')];
    expect(daemonsOf(one).map(({ role }) => role)).toEqual(['mon.b', 'mon.a', 'mgr.a', 'osd.0']);
    expect(one.firstMon.role).toBe('mon.a');
    expect(daemonsOf(two).map(({ role }) => role)).toEqual(['backup.mon.a', 'backup.mgr.x', 'backup.osd.0']);
    expect(two.remotes).toHaveLength(2);
  });

  test('keep what they have of managers when none is wanted', () => {
    expect(layoutOf([['mon.a']], 'ceph', false).mgrs).toEqual([]);
  });

  test.each([
    [[['client.0']], "ceph: cluster 'ceph' has no mon role; the roles are: client.0"],
    [[['mon.a', 'osd.a']], "ceph: role 'osd.a' cannot be: the id of an OSD is a number"],
  ])('%j are refused', (roles, sentence) => {
    expect(() => layoutOf(roles)).toThrow(sentence);
  });
});

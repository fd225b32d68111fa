import { describe, expect, test } from 'vitest';
import { createCluster, RoleNotFoundError } from './cluster.ts';
import type { ClusterHost } from './cluster.ts';
import type { Remote } from './remote.ts';

/** A remote that has only names. */
function fakeRemote(shortname: string): Remote {
  return { name: `ubuntu@${shortname}`, shortname } as Remote;
}

const [a, b, c] = [fakeRemote('a'), fakeRemote('b'), fakeRemote('c')];
const hosts: ClusterHost[] = [
  { remote: a, roles: ['mon.a', 'osd.0', 'client.0'] },
  { remote: b, roles: ['mon.b', 'osd.1'] },
  { remote: c, roles: ['ceph.client.1', 'backup.osd.2', 'label'] },
];
const cluster = createCluster(hosts);
const names = (of: { remotes: readonly Remote[] }): string[] => of.remotes.map((remote) => remote.shortname);

describe('a cluster', () => {
  test('is filtered by literal roles and predicates, all of which a host must meet', () => {
    expect(names(cluster.only('mon.a'))).toEqual(['a']);
    expect(names(cluster.only((role) => role.startsWith('osd.')))).toEqual(['a', 'b']);
    expect(names(cluster.only('osd.1', (role) => role.startsWith('mon.')))).toEqual(['b']);
    expect(names(cluster.only('client.1'))).toEqual([]);
    expect(names(cluster.exclude('mon.a'))).toEqual(['b', 'c']);
    expect(names(cluster.filter((remote) => remote !== b))).toEqual(['a', 'c']);
    expect(cluster.only('mon.a').rolesOf(a)).toEqual(['mon.a', 'osd.0', 'client.0']);
  });

  test('knows the host of a role, however it is written', () => {
    expect(cluster.remoteOf('client.1')).toBe(c);
    expect(cluster.remoteOf('ceph.mon.b')).toBe(b);
    expect(cluster.remoteOf('label')).toBe(c);
  });

  test('says which roles there are when one is missing or has two hosts', () => {
    expect(() => cluster.remoteOf('mon.z')).toThrow(RoleNotFoundError);
    expect(() => cluster.remoteOf('mon.z')).toThrow(
      "Role 'mon.z' stands for one host, but no host has it; the roles are: mon.a, osd.0, client.0, mon.b",
    );
    const twice = createCluster([
      { remote: a, roles: ['x.0'] },
      { remote: b, roles: ['x.0'] },
    ]);
    expect(() => twice.remoteOf('x.0')).toThrow('2 hosts have it: a, b');
  });

  test('does not take a host twice', () => {
    expect(() =>
      createCluster([
        { remote: a, roles: [] },
        { remote: a, roles: [] },
      ]),
    ).toThrow('ubuntu@a is in the cluster twice');
  });

  test('acts on all hosts, and throws the first failure when all have ended', async () => {
    const ended: string[] = [];
    const each = cluster.each(async (remote, roles) => {
      if (remote === a) throw new Error(`failed with ${roles.length} roles`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      ended.push(remote.shortname);
    });
    await expect(each).rejects.toThrow('failed with 3 roles');
    expect(ended).toEqual(['b', 'c']);
  });
});

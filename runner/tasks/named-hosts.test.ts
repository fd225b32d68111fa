import { expect, test } from 'vitest';
import { createCluster } from '../remote/cluster.ts';
import type { Remote } from '../remote/remote.ts';
import { NoSuchHostError, remotesNamed } from './named-hosts.ts';

/** A fake remote that has only its names. */
function fakeRemote(shortname: string): Remote {
  return { name: `ubuntu@${shortname}.lab`, hostname: `${shortname}.lab`, shortname } as Remote;
}

const [one, two, three] = [fakeRemote('one'), fakeRemote('two'), fakeRemote('three')];
const cluster = createCluster([
  { remote: one, roles: ['ceph.mon.a'] },
  { remote: two, roles: ['client.0'] },
  { remote: three, roles: ['client.1'] },
]);

function named(names: readonly string[] | null): string[] {
  return remotesNamed({ task: 'ansible', cluster, names }).map(({ shortname }) => shortname);
}

test('hosts are named by role, host name or short name, and keep the order of the job', () => {
  expect(named(['client.0', 'mon.a'])).toEqual(['one', 'two']);
  expect(named(['three', 'ubuntu@two.lab', 'two.lab'])).toEqual(['two', 'three']);
  expect(named(null)).toEqual(['one', 'two', 'three']);
});

test('a name that means no host is refused', () => {
  expect(() => named(['client.7'])).toThrow(NoSuchHostError);
  expect(() => named(['client.7'])).toThrow(
    "ansible: 'hosts' names 'client.7', which is no role and no host of this job",
  );
});

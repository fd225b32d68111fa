import { describe, expect, test } from 'vitest';
import type { JobDocument, PlainValue, Remote } from '../../engine/task.ts';
import { createCluster } from '../../remote/cluster.ts';
import { readKernel, versionOf } from './kernel-config.ts';

const hosts = [['mon.a', 'osd.0'], ['osd.1', 'client.0'], ['client.1']];

/** What each host is to run; null is the kernel that it has. */
function versions(config: PlainValue, job: JobDocument = {}): (string | null)[] {
  const cluster = createCluster(
    hosts.map((roles, index) => {
      const name = `h${index}`;
      return { remote: { name, hostname: name, shortname: name } as unknown as Remote, roles };
    }),
  );
  return [...readKernel(job, cluster, config).values()].map(versionOf);
}

describe('the kernel of a job', () => {
  test.each<[PlainValue]>([
    [null],
    [{}],
    [{ kdb: true, sha1: 'distro' }],
    [{ branch: 'distro' }],
    [{ kdb: true }],
  ])('is what the hosts have for %j', (config) => {
    expect(versions(config)).toEqual([null, null, null]);
  });

  test('is for all hosts, or for types and roles, of which the role wins', () => {
    expect(versions({ branch: 'testing' })).toEqual(Array.from({ length: 3 }, () => 'branch: testing'));
    const mixed = {
      osd: { tag: 'v6' },
      mon: { tag: 'v6' },
      client: { branch: 'x' },
      'client.0': { tag: 'v6' },
    };
    expect(versions(mixed)).toEqual(['tag: v6', 'tag: v6', 'branch: x']);
  });

  test('has versions of the overrides in the place of all its own', () => {
    const job = { overrides: { kernel: { 'client.1': { branch: 'mine' } } } };
    expect(versions({ sha1: 'abc', kdb: true }, job)).toEqual(['sha1: abc', 'sha1: abc', 'branch: mine']);
    expect(versions(null, job)).toEqual([null, null, 'branch: mine']);
  });

  test('is one for all roles of a host', () => {
    expect(() => versions({ mon: { branch: 'x' } })).toThrow(
      'kernel: mon.a and osd.0 are on the same host, h0, and want different kernels',
    );
  });

  test.each<[PlainValue, string]>([
    ['testing', 'kernel: its config must be a map of settings'],
    [{ mds: { branch: 'x' } }, "kernel: 'mds' must be a role or a type of roles of this job"],
    [{ client: { brunch: 'x' } }, "kernel: there is no key 'brunch' in its config"],
    [{ kdb: 'yes' }, "kernel: 'kdb' must be true or false"],
  ])('%j is refused', (config, reason) => {
    expect(() => versions(config)).toThrow(reason);
  });
});

import { describe, expect, test } from 'vitest';
import { fakeShellHost } from '../../../test/fixtures/fake-shell-host.ts';
import { silentLogger } from '../../../test/fixtures/silent-logger.ts';
import type { JobDocument, PlainValue } from '../../engine/task.ts';
import { createCluster } from '../../remote/cluster.ts';
import { readUpgrade } from './upgrade-config.ts';

function read(config: PlainValue, job: JobDocument = {}) {
  const warnings: string[] = [];
  const host = (name: string) => ({ ...fakeShellHost().remote, name, shortname: name });
  const cluster = createCluster([
    { remote: host('one'), roles: ['mon.a', 'osd.0'] },
    { remote: host('two'), roles: ['mon.b', 'client.0'] },
  ]);
  const log = { ...silentLogger, warn: (text: string) => void warnings.push(text) };
  const upgrades = readUpgrade({ cluster, job, log }, config).map(({ remote, config: own }) => {
    return { host: remote.shortname, ...own };
  });
  return { upgrades, warnings };
}

const suite: JobDocument = { overrides: { install: { ceph: { sha1: 'abc', flavor: 'gcov' } } } };

describe('which hosts an upgrade is for', () => {
  test.each([[{ all: { branch: 'reef' } }], [{ branch: 'reef' }]])('%j is all hosts', (config) => {
    expect(read(config).upgrades).toMatchObject([
      { host: 'one', branch: 'reef', project: 'ceph' },
      { host: 'two', branch: 'reef', project: 'ceph' },
    ]);
  });

  test('each role has its own; other keys hold for all of them', () => {
    const config = { 'mon.a': { branch: 'reef' }, 'client.0': null, exclude_packages: ['ceph-test'] };
    const exclude_packages = { deb: ['ceph-test'], rpm: ['ceph-test'] };
    expect(read(config).upgrades).toMatchObject([
      { host: 'one', branch: 'reef', exclude_packages },
      { host: 'two', branch: null, exclude_packages },
    ]);
  });

  test('a host that comes up twice gets what its first role says, with a warning', () => {
    const { upgrades, warnings } = read({ 'ceph.osd.0': { branch: 'reef' }, 'mon.a': { branch: 'squid' } });
    expect(upgrades).toMatchObject([{ host: 'one', branch: 'reef' }]);
    expect(warnings).toEqual(['install.upgrade: one comes up twice (mon.a); the first counts']);
  });

  test('the commit of the suite counts only where the upgrade names none', () => {
    expect(read({ 'mon.a': null, 'client.0': { tag: 'v18' } }, suite).upgrades).toMatchObject([
      { host: 'one', sha1: 'abc', tag: null, flavor: 'gcov' },
      { host: 'two', sha1: null, tag: 'v18', flavor: 'gcov' },
    ]);
  });

  test.each<[PlainValue, string]>([
    [{ 'mon.z': null }, "Role 'mon.z' stands for one host, but no host has it"],
    [{ all: null, 'mon.a': null }, "'all' alone or only roles"],
    [{ all: 'reef' }, 'not "reef"'],
    [{ brnch: 'reef' }, "there is no key 'brnch'"],
    [['mon.a'], 'a map from `all` or roles'],
  ])('%j is refused', (config, reason) => {
    expect(() => read(config)).toThrow(reason);
  });
});

import { describe, expect, test } from 'vitest';
import { fakeShellHost } from '../../test/fixtures/fake-shell-host.ts';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import type { PackageManager } from './package-manager.ts';
import { rpm } from './rpm.ts';

const env = 'sudo env LC_ALL=C';
const repository = {
  name: 'ceph',
  url: 'http://builds/x',
  suite: null,
  components: [],
  priority: 1,
  key: 'http://builds/key.asc',
};

/** The packages of a fake host: no rpm distribution runs here, so the command lines and the reading of answers are what is tested. */
function packagesOn(
  distribution: string,
  answers: Parameters<typeof fakeShellHost>[0] = {},
): { packages: PackageManager; ran: string[] } {
  const { remote, ran } = fakeShellHost(answers);
  const options = { log: silentLogger, signal: new AbortController().signal, retrySeconds: 0 };
  return { packages: rpm(remote, distribution, options), ran };
}

const wishes = [
  { name: 'ceph', version: '16.2.15-0.el9' },
  { name: 'fio', version: null },
];

describe('packages of an rpm distribution', () => {
  test('are handled by yum, in one command each', async () => {
    const { packages, ran } = packagesOn('centos');
    await packages.addRepository(repository);
    await packages.update();
    await packages.downgrade(['librbd1']);
    await packages.install(wishes);
    await packages.upgrade(wishes.slice(1));
    await packages.remove(['ceph', 'fio']);
    await packages.removeRepository('ceph');
    expect(ran).toEqual([
      'write /etc/yum.repos.d/ceph.repo: [ceph]\nname=ceph\nbaseurl=http://builds/x\nenabled=1\ngpgcheck=1\ngpgkey=http://builds/key.asc\npriority=1\n',
      `${env} yum clean all`,
      `${env} yum -y downgrade librbd1`,
      `${env} yum -y install ceph-16.2.15-0.el9 fio`,
      `${env} yum -y upgrade fio`,
      `${env} yum -y remove ceph fio`,
      'sudo rm -f -- /etc/yum.repos.d/ceph.repo',
    ]);
  });

  test('are handled by zypper on SUSE', async () => {
    const { packages, ran } = packagesOn('opensuse');
    await packages.install(wishes);
    await packages.upgrade(wishes);
    expect(ran).toEqual([
      `${env} zypper -n --no-gpg-checks install --force --no-recommends ceph=16.2.15-0.el9 fio`,
      `${env} zypper -n --no-gpg-checks install --capability --no-recommends ceph=16.2.15-0.el9 fio`,
    ]);
  });

  test('are tried again while the metadata cannot be read', async () => {
    let tries = 0;
    const { packages, ran } = packagesOn('rocky', {
      install: () => (++tries < 3 ? { exitStatus: 1, stderr: 'Status code: 503 for http://builds' } : {}),
    });
    await packages.install(wishes);
    expect(ran).toHaveLength(3);
  });

  test('that nobody has are named', async () => {
    const { packages } = packagesOn('alma', {
      install: () => ({
        exitStatus: 1,
        stdout: 'No match for argument: fio\n',
        stderr: 'Error: Unable to find a match: fio\n',
      }),
    });
    await expect(packages.install(wishes)).rejects.toThrow("No repository of h1 has the package 'fio'");
  });

  test('tell their versions', async () => {
    const { packages } = packagesOn('fedora', {
      'rpm -q --qf': (line) =>
        line.endsWith(' ceph')
          ? { stdout: '16.2.15-0.el9\n' }
          : { exitStatus: 1, stdout: 'package fio is not installed\n' },
      'rpm -qa': () => ({ stdout: 'bash 5.1.8-9\nceph 16.2.15-0.el9\n' }),
      vercmp: (line) => ({ stdout: line.includes('"2", "10"') ? '-1\n' : '1\n' }),
    });
    expect(await packages.installedVersion('ceph')).toBe('16.2.15-0.el9');
    expect(await packages.installedVersion('fio')).toBe(null);
    expect(await packages.installed()).toEqual(
      new Map([
        ['bash', '5.1.8-9'],
        ['ceph', '16.2.15-0.el9'],
      ]),
    );
    expect([await packages.isNewer('2', '10'), await packages.isNewer('10', '2')]).toEqual([false, true]);
  });
});

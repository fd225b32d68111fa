import { expect, test } from 'vitest';
import { fakeShellHost } from '../../../test/fixtures/fake-shell-host.ts';
import { startFakeBuilder } from '../../../test/fixtures/fake-builder.ts';
import { silentLogger } from '../../../test/fixtures/silent-logger.ts';
import type { PlainValue, TaskContext } from '../../engine/task.ts';
import { withoutSnapshots } from '../../engine/snapshot.ts';
import { createCluster } from '../../remote/cluster.ts';
import { upgrade } from './upgrade.ts';

const env = 'sudo env LC_ALL=C';
const builds = {
  reef: {
    sha1: 'a'.repeat(40),
    version: '18.2.7-0.el9',
    repository:
      '[ceph]\nbaseurl=http://builds/reef/x86_64\n[ceph-noarch]\nbaseurl=http://builds/reef/noarch\n',
  },
};

/** An upgrade on a fake host of the rpm family, where no such distribution runs: what it runs there, and what undoing it does. */
async function upgradeOn(
  distribution: string,
  {
    installed = '16.2.15-0.el9',
    config = {},
  }: { installed?: string; config?: { [key: string]: PlainValue } } = {},
) {
  await using builder = await startFakeBuilder('127.0.0.1', builds);
  let version = installed;
  const becomes = (): object => {
    version = builds.reef.version;
    return {};
  };
  const { remote, ran } = fakeShellHost(
    {
      'sudo -n id': () => ({ stdout: 'uid=0\n' }),
      'rpm -qa': () => ({ stdout: `bash 5.1\nceph-common ${version}\nlibrados2 ${version}\n` }),
      'rpm -q --qf': () => ({ stdout: `${version}\n` }),
      vercmp: () => ({ stdout: installed > builds.reef.version ? '1\n' : '-1\n' }),
      'yum -y upgrade': becomes,
      'zypper -n install': becomes,
      'zypper -n --no-gpg-checks install': becomes,
    },
    { name: distribution, version: '9.stream', codename: '', packageType: 'rpm' },
  );
  const undos: (() => Promise<void>)[] = [];
  const ctx = {
    job: {
      overrides: { install: { ceph: { shaman: { endpoint: `${builder.url}/api` }, sha1: 'b'.repeat(40) } } },
    },
    cluster: createCluster([{ remote, roles: ['mon.a', 'osd.0'] }]),
    log: silentLogger,
    signal: new AbortController().signal,
    summary: { success: true },
    defer: (undo: () => Promise<void>) => void undos.push(undo),
    snapshot: (order: never, install: never) =>
      withoutSnapshots({ log: silentLogger, signal: ctx.signal, remotes: [remote] }, order, install),
  } as unknown as TaskContext;
  const failure = await upgrade(ctx, {
    'mon.a': { branch: 'reef' },
    packages: ['ceph-common', 'librados2'],
    ...config,
  }).then(
    () => null,
    (error: Error) => error,
  );
  const commands = ran
    .splice(0)
    .filter((line) => /^write|repos|yum|zypper/.test(line) && !line.includes('rpm -q'));
  for (const undo of undos.toReversed()) await undo();
  return { failure, commands, undone: ran, searches: builder.searches };
}

test('on an rpm distribution the repositories are set anew and the packages upgraded, to the build of the branch', async () => {
  const { failure, commands, undone, searches } = await upgradeOn('centos');
  expect(failure).toBe(null);
  expect(searches).toEqual(['status=ready&project=ceph&flavor=default&distros=centos%2F9%2Fx86_64&ref=reef']);
  const file = (name: string, part: string): string =>
    `write /etc/yum.repos.d/${name}.repo: [${name}]\nname=${name}\nbaseurl=http://builds/reef/${part}\nenabled=1\ngpgcheck=0\npriority=1\n`;
  expect(commands).toEqual([
    file('ceph', 'x86_64'),
    file('ceph-1', 'noarch'),
    `${env} yum clean all`,
    `${env} yum -y upgrade ceph-common-18.2.7-0.el9 librados2-18.2.7-0.el9`,
  ]);
  expect(undone).toEqual([
    'sudo rm -f -- /etc/yum.repos.d/ceph.repo',
    'sudo rm -f -- /etc/yum.repos.d/ceph-1.repo',
  ]);
});

test('on SUSE zypper does it, by capability', async () => {
  const { failure, commands } = await upgradeOn('opensuse', { config: { exclude_packages: ['librados2'] } });
  expect(failure).toBe(null);
  expect(commands.at(-1)).toBe(
    `${env} zypper -n --no-gpg-checks install --capability --no-recommends ceph-common=18.2.7-0.el9`,
  );
});

test('an upgrade that would go back is refused before anything is changed', async () => {
  const { failure, commands } = await upgradeOn('centos', { installed: '19.2.3-0.el9' });
  expect(failure?.message).toMatch(
    /^install\.upgrade: h1 has ceph-common 19\.2\.3-0\.el9, which is newer than 18\.2\.7-0\.el9/,
  );
  expect(commands).toEqual([]);
});

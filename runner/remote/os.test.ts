import { describe, expect, test } from 'vitest';
import { describeOnServers, startRemote } from '../../test/fixtures/ssh-remote.ts';
import { parseLsbRelease, parseOsRelease, UnknownOsError } from './os.ts';

describe('/etc/os-release', () => {
  test.each([
    [
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n',
      { name: 'debian', version: '12', codename: 'bookworm', packageType: 'deb' },
    ],
    [
      'NAME="Ubuntu"\nVERSION="14.04.5 LTS, Trusty Tahr"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="14.04"\n',
      { name: 'ubuntu', version: '14.04', codename: '', packageType: 'deb' },
    ],
    [
      'NAME="CentOS Stream"\nVERSION="9"\nID="centos"\nVERSION_ID="9"\n',
      { name: 'centos', version: '9.stream', codename: '', packageType: 'rpm' },
    ],
    [
      "NAME='CentOS Linux'\nVERSION='7 (Core)'\nID='centos'\nVERSION_ID='7'\n",
      { name: 'centos', version: '7', codename: 'core', packageType: 'rpm' },
    ],
    [
      'ID="almalinux"\nVERSION="9.7 (Moss Jungle Cat)"\nVERSION_ID="9.7"\n',
      { name: 'alma', version: '9.7', codename: 'moss', packageType: 'rpm' },
    ],
    [
      'ID="opensuse-leap"\nVERSION_ID="15.6"\n',
      { name: 'opensuse', version: '15.6', codename: '', packageType: 'rpm' },
    ],
    ['ID="sles"\nVERSION_ID="15.2"\n', { name: 'sle', version: '15.2', codename: '', packageType: 'rpm' }],
  ])('%j', (text, os) => {
    expect(parseOsRelease(text, 'h')).toEqual(os);
  });

  test('of an unknown distribution is an error that shows what it says', () => {
    expect(() => parseOsRelease('ID=plan9\n', 'h')).toThrow(UnknownOsError);
    expect(() => parseOsRelease('ID=plan9\n', 'h')).toThrow("operating system of h from 'ID=plan9'");
  });
});

test('lsb_release is understood where the file is missing', () => {
  const text = 'Distributor ID:\tRedHatEnterprise\nDescription:\tRed Hat\nRelease:\t8.6\nCodename:\tOotpa\n';
  expect(parseLsbRelease(text, 'h')).toEqual({
    name: 'rhel',
    version: '8.6',
    codename: 'ootpa',
    packageType: 'rpm',
  });
});

describeOnServers('a host is asked about its system', (server) => {
  test('once', async () => {
    await using fixture = await startRemote(server);
    const { remote, records } = fixture;
    const [os, again] = [await remote.os(), await remote.os()];
    expect(again).toBe(os);
    expect(['deb', 'rpm']).toContain(os.packageType);
    expect(await remote.arch()).toMatch(/^(x86_64|aarch64|\w+)$/);
    expect(records.filter((record) => record.message === '> cat /etc/os-release')).toHaveLength(1);
  });
});

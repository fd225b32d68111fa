import type { Remote } from '../engine/task.ts';

/** What bringing up a cluster must know of a host. */
export interface CephHost {
  readonly remote: Remote;
  readonly address: string; // where the job's connection arrived, which the other hosts reach too
  readonly devices: readonly string[]; // for stores: the words of /scratch_devs
  readonly unusable: readonly string[]; // those of them that can hold no store, and why: `/dev/loop7:empty`
  readonly missing: readonly string[]; // programs
}

/** A host cannot hold its part of a cluster. */
export class CephHostError extends Error {
  override readonly name = 'CephHostError';
}

/** Asks a host (one command) and checks that the programs are there which its daemons need. */
export async function probeHost(remote: Remote, programs: readonly string[]): Promise<CephHost> {
  const answer = await remote.sh(probe(programs), { quiet: true, label: 'what Ceph finds here' });
  const words = (key: string): string[] => {
    const line = answer.split('\n').find((each) => each.startsWith(`${key}=`)) ?? '';
    return line
      .slice(key.length + 1)
      .split(' ')
      .filter((word) => word !== '');
  };
  const host: CephHost = {
    remote,
    address: words('address')[0] ?? '',
    devices: words('devices'),
    unusable: words('unusable'),
    missing: words('missing'),
  };
  const { shortname } = remote;
  if (!words('root').includes('0')) {
    throw new CephHostError(`ceph: ${shortname} gives no root, which Ceph's daemons need`);
  }
  if (host.missing.length > 0) {
    throw new CephHostError(
      `ceph: ${host.missing.join(', ')} not found on ${shortname}: put 'install:' before 'ceph:', or name the packages that are missing`,
    );
  }
  if (host.address === '')
    throw new CephHostError(`ceph: ${shortname} has no address that other hosts could reach`);
  return host;
}

/** Refuses a host whose OSDs are to be on a device that cannot hold a store: a file in its place would be another test. */
export function requireDevices({ remote, unusable }: CephHost): void {
  const [first] = unusable;
  if (first === undefined) return;
  const [device, why = ''] = first.split(/:(?=[a-z]+$)/);
  throw new CephHostError(
    `ceph: /scratch_devs of ${remote.shortname} names ${device} for OSDs, but ${reasons[why] ?? why}; give it one (a container by the option 'devices' of its provider), or take the word out`,
  );
}

const reasons: Readonly<Record<string, string>> = {
  absent: 'there is no such block device on it',
  mounted: 'that is mounted',
  empty: 'that cannot be read or has no size, as a loop device without a file',
};

function probe(programs: readonly string[]): string {
  return [
    'PATH=$PATH:/usr/sbin:/sbin',
    'set -- $SSH_CONNECTION; address=$3',
    // A connection over loopback, such as to a sandbox node, says nothing about how others get here.
    'case $address in 127.*|::1|"") address=$(hostname -I 2>/dev/null) ;; esac',
    'echo "address=$address"',
    'echo "root=$(sudo -n id -u </dev/null 2>/dev/null)"',
    'devices= unusable=',
    'for each in $(cat /scratch_devs 2>/dev/null); do',
    '  devices="$devices $each"; why=',
    '  if ! test -b "$each"; then why=absent',
    '  elif grep -q "^$(readlink -f "$each") " /proc/mounts; then why=mounted',
    '  elif test "$(sudo -n blockdev --getsize64 "$each" 2>/dev/null || echo 0)" = 0; then why=empty; fi',
    '  test -z "$why" || unusable="$unusable $each:$why"',
    'done',
    'echo "devices=$devices"; echo "unusable=$unusable"',
    `missing=; for each in ${programs.join(' ')}; do command -v $each >/dev/null || missing="$missing $each"; done; echo "missing=$missing"`,
  ].join('\n');
}

import { describe, expect, test } from 'vitest';
import type { Remote, Task, TaskContext } from '../engine/task.ts';
import { createCluster } from '../remote/cluster.ts';
import { quoteCommand } from '../remote/quote.ts';
import { task } from './selinux.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {}, critical() {}, child: () => logger };

/** A fake machine of the rpm family, whose audit log grows while the task's list runs. */
async function run(params: {
  config?: Parameters<Task>[1];
  name?: string;
  mode?: string;
  denied?: readonly string[];
}) {
  const { config = null, name = 'centos', mode = 'Enforcing', denied = [] } = params;
  const ran: string[] = [];
  let log = 'type=AVC msg=audit(1): avc:  denied { read } comm="old"\n';
  const sh = async (script: string): Promise<string> => {
    ran.push(script);
    if (script.includes('id -u')) return 'uid=0\nnode=\n';
    if (script.includes('getenforce')) return `${mode}\n`;
    return script.includes('avc') ? log : '';
  };
  const remote = {
    name: 'ubuntu@h1',
    shortname: 'h1',
    testDir: '/t',
    sh,
    run: async (command: Parameters<Remote['run']>[0]) => sh(quoteCommand(command)),
    os: async () => ({ name, version: '9', codename: '', packageType: name === 'debian' ? 'deb' : 'rpm' }),
  } as unknown as Remote;
  const undos: ((failure: Error | null) => unknown)[] = [];
  const ctx = {
    job: {},
    cluster: createCluster([{ remote, roles: ['mon.a'] }]),
    log: logger,
    defer: (undo: () => unknown) => undos.push(undo),
  } as unknown as TaskContext;
  await task(ctx, config);
  log += denied.map((line) => `type=AVC msg=audit(2): avc:  denied ${line}\n`).join('');
  for (const undo of undos.toReversed()) await undo(null);
  return ran;
}

describe('selinux', () => {
  test('sets the mode, puts it back, and is content when nothing new was denied', async () => {
    const ran = await run({});
    const set = ran.filter((line) => line.includes('setenforce'));
    expect(set).toEqual(['sudo /usr/sbin/setenforce permissive', 'sudo /usr/sbin/setenforce enforcing']);
    expect(ran.some((line) => line.includes('gzip -5 /t/archive/audit/audit.log'))).toBe(true);
  });

  test('fails with what was denied, unless it is allowed or of the machine itself', async () => {
    await expect(run({ denied: ['{ write } comm="ceph-osd"'] })).rejects.toThrow(
      /^SELinux denials found on ubuntu@h1: .*ceph-osd/,
    );
    await run({ config: { allowlist: ['ceph-osd'] }, denied: ['{ write } comm="ceph-osd"'] });
    await run({ denied: ['{ read } comm="dmidecode"'] });
  });

  test('leaves a host alone where it is disabled', async () => {
    expect((await run({ mode: 'Disabled' })).some((line) => line.includes('setenforce'))).toBe(false);
  });

  test.each([
    ['debian', 'selinux: h1 runs debian, which has no SELinux'],
    ['opensuse', 'selinux: h1 runs opensuse, which has no SELinux'],
  ])('refuses %s', async (name, reason) => {
    await expect(run({ name })).rejects.toThrow(reason);
  });
});

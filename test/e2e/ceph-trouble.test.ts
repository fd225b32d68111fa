import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCephHosts } from '../fixtures/ceph-hosts.ts';
import { benchOn } from '../fixtures/job-bench.ts';
import type { BenchHost, BenchHosts, BenchResult, JobBench } from '../fixtures/job-bench.ts';
import { describeWith } from '../requirements.ts';

describeWith(['docker', 'debootstrap'], 'a Ceph cluster with trouble', () => {
  let bench: JobBench<BenchHosts>;
  let disk: Awaited<ReturnType<typeof makeDisk>>;
  beforeAll(async () => {
    disk = await makeDisk();
    const { nodes, stop } = await startCephHosts(1, { devices: [disk.device] });
    const endpoints = nodes.map((node): BenchHost => ({
      ...node,
      hostKey: node.hostKey ?? '',
      identityFile: node.identityFile ?? null,
    }));
    bench = await benchOn({ endpoints, stop });
  }, 600_000);
  afterAll(async () => {
    await bench?.stop();
    await disk?.remove();
  }, 60_000);

  const run = (roles: string, tasks: string): Promise<BenchResult> =>
    bench.run(`roles: [${roles}]\ntasks: ${tasks}`);

  test(
    'fails with the line of the cluster log that nothing ignores, having its OSD on the device that its host names',
    { timeout: 240_000 },
    async () => {
      const said = (flag: string) =>
        `sudo ceph osd set ${flag}; timeout 60 sh -c 'until sudo grep -q "${flag} flag" /var/log/ceph/ceph.log; do sleep 0.2; done'; sudo ceph osd unset ${flag}; timeout 60 sh -c 'until sudo ceph health | grep -v "${flag} flag"; do sleep 0.2; done'`;
      const onDisk = `test "$(readlink /var/lib/ceph/osd/ceph-0/block)" = ${disk.device} && head -c 22 ${disk.device} | grep '^bluestore block device' && rm /scratch_devs`;
      const { status, failureReason, lines } = await run(
        '[mon.a, osd.0, client.0]',
        `[{exec: {osd.0: ['echo ${disk.device} >/scratch_devs']}}, {ceph: {create_rbd_pool: false, wait-for-healthy: false, log-ignorelist: ['noout flag', TOO_FEW_OSDS, MON_, OSD_DOWN]}}, {exec: {osd.0: [${JSON.stringify(onDisk)}], client.0: [${JSON.stringify(said('noout'))}, ${JSON.stringify(said('nobackfill'))}]}}]`,
      );
      expect(status).toBe('fail');
      expect(failureReason).toMatch(
        /^"\S+ mon\.a \(mon\.0\) \d+ : cluster \[WRN\] Health check failed: nobackfill flag\(s\) set \(OSDMAP_FLAGS\)" in cluster log$/,
      );
      expect(lines.join('\n')).toContain('Found errors (ERR|WRN|SEC) in cluster log: ');
    },
  );

  test('a daemon that crashes at its start is named, with its last words', { timeout: 120_000 }, async () => {
    const { status, failureReason } = await run(
      '[mon.a, osd.0]',
      '[{ceph: {conf: {osd.0: {public_addr: 203.0.113.9}}}}, {exec: {osd.0: [echo not reached]}}]',
    );
    expect(status).toBe('fail');
    expect(failureReason).toMatch(
      /^ceph: osd\.0 on container01 died with status 1; it said: .*unable to bind to \S*203\.0\.113\.9/,
    );
  });

  test('an OSD that never comes up is named when its time is over', { timeout: 120_000 }, async () => {
    const began = Date.now();
    const { status, failureReason } = await run(
      '[mon.a, osd.0]',
      '[{ceph: {conf: {osd.0: {mon_host: 203.0.113.9}}, healthy-timeout: 5}}]',
    );
    expect([status, failureReason]).toEqual(['fail', 'ceph: osd.0 on container01 did not come up in 5 s']);
    expect(Date.now() - began).toBeGreaterThan(5000);
  });
});

/** A disk of this machine that is a file. */
async function makeDisk(): Promise<{ device: string; remove: () => Promise<void> }> {
  const run = promisify(execFile);
  const folder = await mkdtemp(join(tmpdir(), 'loligo-disk-'));
  const file = join(folder, 'disk');
  await run('truncate', ['-s', '3G', file]);
  const { stdout } = await run('losetup', ['--find', '--show', file]);
  const device = stdout.trim();
  return {
    device,
    async remove() {
      await run('losetup', ['--detach', device]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

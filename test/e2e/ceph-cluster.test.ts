import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileArchive } from '../../adapters/embedded/file-archive.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { defaultSite } from '../../core/config/site-settings.ts';
import { targetEntry } from '../../core/config/targets.ts';
import { fromPlain } from '../../core/config/yaml-value.ts';
import type { YamlKey, YamlMap, YamlValue } from '../../core/config/yaml-value.ts';
import { runJob } from '../../runner/job/run-job.ts';
import type { JobResult } from '../../runner/job/run-job.ts';
import { builtInTasks } from '../../runner/tasks/built-in.ts';
import { startCephHosts } from '../fixtures/ceph-hosts.ts';
import type { CephHosts } from '../fixtures/ceph-hosts.ts';
import { describeWith } from '../requirements.ts';

const roles = `roles:
- [mon.a, mds.0, osd.0]
- [mon.b, osd.1, client.1]
- [mon.c, osd.2, client.0]
`;

const cramTest = `  $ rbd create cram-$CEPH_ID --size 8
  $ rbd info cram-$CEPH_ID | grep size
  \\tsize 8 MiB in 2 objects (esc)
  $ rbd rm --no-progress cram-$CEPH_ID
`;

describeWith(['docker', 'debootstrap'], 'a Ceph cluster on three containers', () => {
  let hosts: CephHosts;
  let archive: string;
  let jobs = 0;
  beforeAll(async () => {
    archive = await mkdtemp(join(tmpdir(), 'loligo-ceph-jobs-'));
    await writeFile(join(archive, 'images.t'), cramTest);
    await writeFile(join(archive, 'is-up'), '#!/bin/sh\ngrep -q \'"state": "active"\'\n');
    hosts = await startCephHosts(3);
  }, 400_000);
  afterAll(async () => {
    await hosts?.stop();
    await rm(archive, { recursive: true, force: true });
  }, 60_000);

  async function run(tasks: string, hostRoles = roles): Promise<JobResult & { folder: string; log: string }> {
    const config = pyYaml.parse(`${hostRoles}tasks:\n${tasks}`) as YamlMap;
    const targets = hosts.nodes.map(
      ({ name, user, address, port, hostKey, identityFile }): [YamlKey, YamlValue] => {
        const entry = targetEntry({ hostname: name, address, port, hostKey, identityFile } as Parameters<
          typeof targetEntry
        >[0]);
        return [`${user}@${name}`, fromPlain(entry)];
      },
    );
    jobs += 1;
    const prefix = `run/${jobs}`;
    const result = await runJob({
      config: new Map<YamlKey, YamlValue>([['targets', new Map(targets)], ...config]),
      archive: fileArchive({ folder: archive, baseUrl: null }),
      archivePrefix: prefix,
      yaml: pyYaml,
      site: defaultSite,
      options: {
        owner: 'tester@bench',
        name: 'run',
        jobId: jobs,
        description: null,
        verbose: true,
        suitePath: archive,
        interactiveOnError: false,
      },
      clock: { now: Date.now },
      builtInTasks,
      signal: new AbortController().signal,
      console: null,
      maxSeconds: null,
    });
    const folder = join(archive, prefix);
    return { ...result, folder, log: await readFile(join(folder, 'teuthology.log'), 'utf8') };
  }

  test('becomes healthy, carries every workload, survives restarts and thrashing, and is archived', async () => {
    const { failureReason, folder, log } = await run(`
- ceph: {log-ignorelist: ['\\(OSD_', '\\(PG_', '\\(OBJECT_', '\\(MON_', '\\(POOL_', 'SLOW_OPS', 'slow ops', 'boot', 'wrongly marked', 'overall HEALTH_']}
- exec: {client.0: ["sudo ceph health | grep HEALTH_OK"]}
- ceph-fuse: [client.0, client.1]
- exec: {client.0: ['cp -r /usr/share/ceph $TESTDIR/mnt.0/x', 'diff -r /usr/share/ceph $TESTDIR/mnt.0/x']}
- rbd.create_image: {client.0: {image_size: 64}}
- rbd.fuse: [client.0]
- exec: {client.0: ['sudo test -f $TESTDIR/rbd.0/testimage.client.0']}
- full_sequential:
  - radosbench: {time: 2, size: 65536}
- admin_socket:
    osd.0: {status: {test: is-up}, config get: {args: osd_objectstore}}
    mon.b: {mon_status: null}
    client.0: {status: null}
- lockfile:
  - {client: client.0, lockfile: testfile, holdtime: 2}
  - {client: client.1, lockfile: testfile, holdtime: 0, maxwait: 0.7, expectfail: true}
  - {client: client.1, lockfile: testfile, holdtime: 0, offset: 5}
  - 0.5
  - {client: client.1, lockfile: testfile, holdtime: 0}
- cram: {clients: {all: [images.t]}}
- rgw: [client.0]
- s3: [client.0]
- sequential:
  - netem: {clients: [client.0], dst_client: [mon.a], block: true}
  - exec: {client.0: ["! timeout 1 bash -c '</dev/tcp/{mon.a}/22'"]}
- exec: {client.0: ["timeout 5 bash -c '</dev/tcp/{mon.a}/22'"]}
- ceph.restart: [osd.0]
- ceph.stop: [osd.1]
- ceph.restart: [osd.1]
- sequential:
  - mon_thrash: {seed: 21, revive_delay: 1, freeze_mon_probability: 30, freeze_mon_duration: 2, thrash_store: true}
  - rados: {ops: 25, seed: 4, object_size: 8192}
  - sleep: 5
- full_sequential:
  - thrashosds: {seed: 5, min_in: 2, op_delay: 1}
  - rados: {ops: 75, seed: 4, object_size: 8192}
`);
    expect(failureReason).toBe(null);
    for (const said of [
      '75 operations done and verified',
      'client.0: S3 checks passed',
      'images.t: passed',
      'mon_thrash:round 1: kill mon.b; which copies its store anew: mon.b; freeze mon.a',
    ])
      expect(log).toContain(said);
    expect(await readdir(join(folder, 'data'))).toEqual(['mon.a.tgz', 'mon.b.tgz', 'mon.c.tgz']);
    const kept = await readdir(join(folder, 'remote/container01/log'));
    expect(kept).toEqual(
      expect.arrayContaining(['ceph.log.gz', 'ceph-mon.a.log.gz', 'ceph-osd.0.log.gz', 'ceph-mgr.a.log.gz']),
    );
  }, 400_000);

  test('two clusters in one job, a mount under valgrind, and a daemon that is to fail', async () => {
    const { failureReason, folder, log } = await run(
      `
- ceph: {log-ignorelist: ['\\(OSD_', '\\(PG_', '\\(MON_', '\\(POOL_', 'MDS_', 'SLOW_OPS'], expect_valgrind_errors: true}
- ceph:
    cluster: backup
    conf: {osd: {osd_objectstore: memstore}, global: {osd_pool_default_size: 1}}
    log-ignorelist: ['\\(OSD_', '\\(PG_', '\\(MON_', '\\(POOL_']
- exec: {client.0: ["sudo rados --cluster backup -n client.9 lspools | grep rbd", "sudo ceph --cluster backup osd pool create made 8"]}
- ceph.created_pool: {cluster: backup, pools: [made]}
- install.ship_utilities:
- exec: {client.0: ['echo hello | adjust-ulimits stdin-killer --timeout 1 daemon-helper kill --nostdin sh -c "exit 0"', 'test "$(echo hello | stdin-killer cat)" = hello']}
- ceph-fuse: {client.0: {valgrind: ['--tool=memcheck', '--leak-check=full', '--show-leak-kinds=all', '--errors-for-leak-kinds=all'], mount_timeout: 90}}
- exec: {client.0: ['touch $TESTDIR/mnt.0/x']}
- exec: {osd.1: ['sudo pkill -9 -x ceph-osd']}
- ceph.wait_for_failure: [osd.1]
- ceph.restart: [osd.1]
`,
      `roles:
- [mon.a, osd.0]
- [osd.1, mds.a]
- [client.0, backup.mon.z, backup.osd.0, backup.client.9]
`,
    );
    expect(failureReason).toBe(null);
    expect(log).toContain('osd.1 has ended, as it was to');
    expect(await readFile(join(folder, 'valgrind.yaml'), 'utf8')).toMatch(/Leak_\w+/);
    const kept = await readdir(join(folder, 'remote/container03/log'));
    expect(kept).toEqual(expect.arrayContaining(['backup-osd.0.log.gz', 'backup.log.gz', 'valgrind']));
  }, 400_000);

  test('ends the job when a daemon dies, and names it; what it left does not keep the next job from running', async () => {
    const { status, failureReason, log } = await run(`
- ceph: {watchdog_daemon_timeout: 1}
- exec: {osd.1: ['sudo pkill -9 -x ceph-osd']}
- sleep: 120
`);
    expect(status).toBe('fail');
    expect(failureReason).toMatch(
      /^ceph: osd\.1 on container02 died with status 1; it said: .*command crashed with signal 9/,
    );
    expect(log).toContain('osd.1 has been dead for 1 s, ending the job');
  }, 120_000);
});

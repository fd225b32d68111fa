import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { toPlain } from '../../core/config/yaml-value.ts';
import { labId } from '../../cli/lab/targets.ts';
import { forgetSnapshots, snapshotsOf } from '../fixtures/snapshot-images.ts';
import { waitForRun } from '../../cli/client/wait.ts';
import { crowding } from '../fixtures/crowding.ts';
import { everyThing } from '../fixtures/engine-things.ts';
import { labScratch, queue, startUp } from '../fixtures/lab-process.ts';
import type { CliProcess } from '../fixtures/lab-process.ts';
import { describeWith } from '../requirements.ts';

/** The roles and packages of the suite ceph/smoke, whose installation the next one who wants it finds. The end of osd.1 leaves a crash dump. */
const job = `
roles:
- [mon.a, mgr.x, osd.0]
- [mon.b, osd.1]
- [mon.c, osd.2, client.0]
tasks:
- install:
- ceph: {log-ignorelist: ['\\(OSD_', '\\(PG_', '\\(OBJECT_', '\\(MON_', '\\(POOL_', 'SLOW_OPS', 'slow ops', 'boot', 'failed']}
- exec:
    client.0:
    - sudo ceph health | grep HEALTH_OK
    - head -c 1000000 /dev/urandom >$TESTDIR/object
    - sudo rados -p rbd put object $TESTDIR/object && sudo rados -p rbd get object - | cmp - $TESTDIR/object
    - rm $TESTDIR/object
- exec: {osd.1: ['sudo pkill -ABRT -x ceph-osd']}
- ceph.wait_for_failure: [osd.1]
`;

/** The job of the original that took 14 s when its container had a snapshot. */
const installOnly = `
roles: [[mon.a, osd.0, osd.1, client.0]]
tasks: [{install: }]
`;

interface FinishedJob {
  readonly status: string;
  readonly reason: string | null;
  readonly folder: string; // of its archive
  readonly log: string;
  readonly seconds: number; // as the summary has it
  readonly installSeconds: number;
}

describeWith(['docker', 'debootstrap'], 'a Ceph job on three containers, cold and then warm', () => {
  const scratch = labScratch();
  let lab: Awaited<ReturnType<typeof startUp>>;
  let cold: FinishedJob;
  let warm: FinishedJob;
  let installed: FinishedJob;

  beforeAll(async () => {
    await forgetSnapshots('install-ceph');
    lab = await startUp(scratch.lab, '--targets', 'docker', '--nodes', '3');
    cold = await finished('cold', job);
    warm = await finished('warm', job);
    installed = await finished('install-only', installOnly);
    console.log(
      `a Ceph job on three containers: cold ${cold.seconds} s (install ${cold.installSeconds} s), ` +
        `warm ${warm.seconds} s (install ${warm.installSeconds} s); nothing but the installation, warm: ${installed.seconds} s`,
    );
  }, 900_000);
  afterAll(async () => {
    if (lab) await endLab(lab);
    await scratch[Symbol.asyncDispose]();
  }, 120_000);

  async function finished(name: string, yaml: string): Promise<FinishedJob> {
    const { run, jobId } = await queue(lab.client, name, yaml);
    // Longer than other jobs take: the packages of Ceph are fetched and unpacked.
    const [over] = await waitForRun(lab.client, run, { pollMs: 300 });
    const { status = 'none', failure_reason: reason = null } = over ?? {};
    const folder = join(scratch.lab, 'archive', run, String(jobId));
    const { duration } = (await yamlFile(folder, 'summary.yaml')) as { duration: number };
    return {
      status,
      reason,
      folder,
      log: await readFile(join(folder, 'teuthology.log'), 'utf8'),
      seconds: duration,
      installSeconds: secondsOf(await yamlFile(folder, 'timing.yaml'), 'install'),
    };
  }

  async function endLab(running: CliProcess): Promise<void> {
    running.kill('SIGINT');
    await running.ended;
  }

  test('passes both times', () => {
    expect([cold.status, cold.reason]).toEqual(['pass', null]);
    expect([warm.status, warm.reason]).toEqual(['pass', null]);
  });

  test('installs the first time on one host only, and nowhere the second time', () => {
    const installing = /apt-get .*\b(?:install|update)\b/;
    const hosts = cold.log.split('\n').filter((line) => installing.test(line) && line.includes('DEBUG'));
    expect(new Set(hosts.map((line) => /run\.(container\d+)/.exec(line)?.[1])).size).toBe(1);
    expect(cold.log).toMatch(/made image install-ceph \([0-9a-f]{24}\) in \d+\.\d s/);
    expect(warm.log).toMatch(
      /reusing existing image install-ceph \([0-9a-f]{24}\) on container01, container02, container03/,
    );
    expect(warm.log).not.toMatch(installing);
  });

  test('the second time takes a part of the first', () => {
    expect(warm.installSeconds).toBeLessThan(cold.installSeconds / 3);
    expect(warm.seconds).toBeLessThan(cold.seconds * 0.8);
  });

  test('a job of nothing but the installation takes no longer than the original’s', () => {
    expect([installed.status, installed.reason]).toEqual(['pass', null]);
    expect(installed.log).toMatch(/reusing existing image install-ceph \([0-9a-f]{24}\) on container0\d\n/);
    expect(installed.seconds).toBeLessThan(14 * crowding());
  });

  test.each([
    ['cold', () => cold],
    ['warm', () => warm],
  ])('the archive of the %s job has what the original has, where it has it', async (_name, which) => {
    const { folder, log } = which();
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['config.yaml', 'data', 'info.yaml', 'orig.config.yaml', 'owner', 'pid']),
    );
    expect(log).toMatch(/INFO:teuthology\.run:pass\n$/);
    expect(await yamlFile(folder, 'summary.yaml')).toMatchObject({ success: true, flavor: 'default' });
    expect(await yamlFile(folder, 'info.yaml')).toMatchObject({
      archive: { init: '/home/ubuntu/cephtest/archive', log: '/var/log/ceph', crash: '/var/lib/ceph/crash' },
    });
    expect(await readdir(join(folder, 'remote'))).toEqual(['container01', 'container02', 'container03']);
    const daemons = {
      container01: ['mon.a', 'mgr.x', 'osd.0'],
      container02: ['mon.b', 'osd.1'],
      container03: ['mon.c', 'osd.2'],
    };
    for (const [host, names] of Object.entries(daemons)) {
      const logs = await readdir(join(folder, 'remote', host, 'log'));
      expect(logs).toEqual(expect.arrayContaining(names.map((name) => `ceph-${name}.log.gz`)));
    }
    expect(await unzipped(folder, 'remote/container01/log/ceph.log.gz')).toMatch(
      /Cluster is now healthy|HEALTH_OK/,
    );
    expect(await unzipped(folder, 'remote/container02/log/ceph-osd.1.log.gz')).toContain(
      'Caught signal (Aborted)',
    );
    for (const mon of ['mon.a', 'mon.b', 'mon.c']) {
      expect(await unzipped(folder, `data/${mon}.tgz`)).toContain('store.db/CURRENT');
    }
  });

  test('a crash dump is archived with what the daemon was', async () => {
    const crashes = join(warm.folder, 'remote/container02/crash');
    const dump = (await readdir(crashes)).find((name) => name !== 'posted') ?? '';
    const meta = JSON.parse(await readFile(join(crashes, dump, 'meta'), 'utf8')) as Record<string, unknown>;
    expect(meta).toMatchObject({ entity_name: 'osd.1', crash_id: dump });
  });

  test(
    'the image is all that is left on the engine when the lab has ended',
    { timeout: 120_000 },
    async () => {
      const id = labId((await readFile(join(scratch.lab, 'token'), 'utf8')).trim());
      await endLab(lab);
      expect(everyThing(id)).toEqual([]);
      expect(await snapshotsOf('install-ceph')).toHaveLength(1);
    },
  );
});

async function yamlFile(folder: string, name: string): Promise<unknown> {
  return toPlain(pyYaml.parse(await readFile(join(folder, name), 'utf8')));
}

async function unzipped(folder: string, path: string): Promise<string> {
  return (await promisify(gunzip)(await readFile(join(folder, path)))).toString('latin1');
}

/** From a task's beginning to that of the next. */
function secondsOf(timing: unknown, task: string): number {
  const { marks } = timing as { marks: { message: string; interval: number }[] };
  const at = marks.findIndex(({ message }) => message === `${task} enter`);
  return (marks[at + 1]?.interval ?? NaN) - (marks[at]?.interval ?? NaN);
}

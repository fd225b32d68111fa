import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAptRepository } from '../../test/fixtures/apt-repository.ts';
import type { AptRepository } from '../../test/fixtures/apt-repository.ts';
import { startContainerBench } from '../../test/fixtures/container-bench.ts';
import type { ContainerHosts } from '../../test/fixtures/container-bench.ts';
import { startFakeBuilder } from '../../test/fixtures/fake-builder.ts';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { BenchResult, JobBench } from '../../test/fixtures/job-bench.ts';
import { describeWith } from '../../test/requirements.ts';
import type { Task } from '../engine/task.ts';

describeWith(['docker', 'debootstrap', 'gpg'], 'install on a container', () => {
  let bench: JobBench<ContainerHosts>;
  let repository: AptRepository;
  let other: AptRepository;
  beforeAll(async () => {
    bench = await startContainerBench(1);
    // The tests have a repository of their own: without the distribution's, they take seconds.
    await bench.hosts.inside(0, 'rm /etc/apt/sources.list');
    repository = await startAptRepository(bench.hosts.gateway);
    other = await startAptRepository(bench.hosts.gateway);
    await repository.add('tool-lib', '1.0');
    await repository.add('tool', '1.0', { depends: 'tool-lib' });
    await repository.add('tool', '2.0', { depends: 'tool-lib' });
    await repository.add('extra', '3.0');
  }, 300_000);
  afterAll(async () => {
    await repository?.stop();
    await other?.stop();
    await bench?.stop();
  });

  function install(
    config: Record<string, unknown>,
    extra: Readonly<Record<string, Task>> = {},
  ): Promise<BenchResult> {
    const repos = [{ name: 'tools', url: repository.url, key: repository.key }];
    const tasks = [
      { install: { project: 'tool', repos, ...config } },
      ...Object.keys(extra).map((name) => ({ [name]: null })),
    ];
    return bench.run(JSON.stringify({ roles: [['client.0']], tasks }), { tasks: extra });
  }
  const installed = (): Promise<string> =>
    bench.hosts.inside(
      0,
      "dpkg-query -W -f '${Package}=${Version} ' tool tool-lib extra 2>/dev/null || true",
    );

  /** What the latest job has logged so far. */
  async function lastLog(): Promise<string> {
    const run = join(bench.archive, 'run');
    const jobs = await readdir(run);
    const last = Math.max(...jobs.map(Number));
    return await readFile(join(run, String(last), 'teuthology.log'), 'utf8').catch(() => '');
  }

  test(
    'installs the newest packages while the job runs, and takes away all that it brought',
    { timeout: 60_000 },
    async () => {
      let during = '';
      const look: Task = async () => {
        during = await installed();
      };
      const { status, failureReason, summary } = await install({ extra_packages: ['extra'] }, { look });
      expect([status, failureReason, summary['flavor']]).toEqual(['pass', null, 'default']);
      expect(during.trim().split(' ').sort()).toEqual(['extra=3.0', 'tool-lib=1.0', 'tool=2.0']);
      expect(await installed()).toBe('');
      expect(await bench.hosts.inside(0, 'ls /etc/apt/sources.list.d /usr/share/keyrings')).not.toContain(
        'tools',
      );
    },
  );

  test('keeps what it is told to keep, leaves out what is excluded', { timeout: 60_000 }, async () => {
    const { status } = await install({
      packages: ['tool-lib', 'extra'],
      exclude_packages: { deb: ['extra'] },
      cleanup: false,
    });
    expect([status, (await installed()).trim()]).toEqual(['pass', 'tool-lib=1.0']);
    await bench.hosts.inside(0, 'dpkg -P tool-lib; rm /etc/apt/sources.list.d/*');
  });

  test('waits for the lock of another apt', { timeout: 60_000 }, async () => {
    await bench.hosts.inside(
      0,
      `python3 -c '
import fcntl, os, time
lock = open("/var/lib/dpkg/lock-frontend", "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
open("/tmp/held", "w").close()
while os.path.exists("/tmp/held"): time.sleep(0.1)' >/dev/null 2>&1 &
      until test -e /tmp/held; do sleep 0.1; done`,
    );
    const installing = install({});
    const isBusy = async () => (await lastLog()).includes('the packages are busy, try 1 of 30');
    await expect.poll(isBusy, { timeout: 50_000 }).toBe(true);
    await bench.hosts.inside(0, 'rm /tmp/held');
    expect((await installing).status).toBe('pass');
  });

  test(
    'a builder has the commit of a branch, in its own version even where there are newer ones',
    { timeout: 60_000 },
    async () => {
      await using builder = await startFakeBuilder(bench.hosts.gateway, {
        main: { sha1: 'a'.repeat(40), version: '1.0', repository: `deb ${repository.url} ./` },
      });
      const shaman = { endpoint: `${builder.url}/api` };
      let during = '';
      const look: Task = async () => {
        during = await installed();
      };
      const { status, failureReason, lines } = await install({ repos: null, shaman }, { look });
      expect([status, failureReason]).toEqual(['pass', null]);
      expect(during.trim().split(' ').sort()).toEqual(['tool-lib=1.0', 'tool=1.0']);
      expect(lines.join('\n')).toContain(`tool 1.0 is commit ${'a'.repeat(40)}`);
      expect(builder.searches[0]).toBe(
        'status=ready&project=tool&flavor=default&distros=debian%2F12%2Fx86_64&ref=main',
      );
      const sha1 = 'b'.repeat(40);
      const none = await install({ repos: null, shaman, sha1 });
      const search = `status=ready&project=tool&flavor=default&distros=debian%2F12%2Fx86_64&sha1=${sha1}`;
      expect([none.status, none.failureReason]).toEqual([
        'dead',
        `Failed to fetch package version from ${builder.url}/api/search?${search}`,
      ]);
      const other = await install({ repos: null, shaman: { endpoint: builder.url } });
      expect([other.status, other.failureReason]).toEqual([
        'dead',
        expect.stringMatching(/^The builder gives no answer at http:\S+: it says 404$/),
      ]);
    },
  );

  test(
    'an upgrade brings what is installed to the build of a branch, leaves out what it is told to, and never goes back',
    { timeout: 240_000 },
    async () => {
      const build = (version: string) => ({
        sha1: 'd'.repeat(40),
        version,
        repository: `deb ${repository.url} ./`,
      });
      await using builder = await startFakeBuilder(bench.hosts.gateway, {
        old: build('1.0'),
        new: build('2.0'),
        older: build('0.9'),
      });
      const shaman = { endpoint: `${builder.url}/api` };
      const packages = ['tool', 'tool-lib', 'extra'];
      const seen: string[] = [];
      const look: Task = async () => void seen.push(await installed());
      const run = (branch: string): Promise<BenchResult> => {
        const overrides = { install: { tool: { shaman, packages: { deb: packages } } } };
        const tasks = [
          { install: { project: 'tool', branch: 'old', exclude_packages: ['extra', 'tool-lib'] } },
          { look: null },
          {
            'install.upgrade': {
              project: 'tool',
              'client.0': { branch },
              exclude_packages: ['extra', 'tool-lib'],
            },
          },
          { look: null },
        ];
        return bench.run(JSON.stringify({ roles: [['client.0']], overrides, tasks }), { tasks: { look } });
      };
      const { status, failureReason, lines } = await run('new');
      expect([status, failureReason]).toEqual(['pass', null]);
      expect(seen.map((each) => each.trim())).toEqual(['tool=1.0 tool-lib=1.0', 'tool=2.0 tool-lib=1.0']);
      expect(lines.join('\n')).toContain('container01: tool 1.0 -> 2.0');
      expect(await installed()).toBe('');
      expect(await bench.hosts.inside(0, 'ls /etc/apt/sources.list.d /etc/apt/preferences.d')).not.toContain(
        'tool',
      );
      const back = await run('older');
      expect([back.status, back.failureReason]).toEqual([
        'fail',
        'install.upgrade: container01 has tool 1.0, which is newer than 0.9; look at the tags of the branch, or use install with downgrade_packages',
      ]);
    },
  );
});

describe('install on a sandbox node', () => {
  test('is refused with a sentence, whoever runs the lab', async () => {
    const bench = await startJobBench(1);
    try {
      const { status, failureReason } = await bench.run('roles: [[client.0]]\ntasks: [{install: }]');
      expect([status, failureReason]).toEqual([
        'fail',
        'install: target1 is a sandbox node and has no root of its own; take targets of the docker provider, or machines with sudo',
      ]);
    } finally {
      await bench.stop();
    }
  });
});

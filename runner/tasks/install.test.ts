import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAptRepository } from '../../test/fixtures/apt-repository.ts';
import type { AptRepository } from '../../test/fixtures/apt-repository.ts';
import { startContainerBench } from '../../test/fixtures/container-bench.ts';
import type { ContainerHosts } from '../../test/fixtures/container-bench.ts';
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
    const holder = bench.hosts.inside(
      0,
      `python3 -c '
import fcntl, time
lock = open("/var/lib/dpkg/lock-frontend", "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(4)'`,
    );
    const { status, lines } = await install({});
    await holder;
    expect(status).toBe('pass');
    expect(lines.join('\n')).toContain('the packages are busy, try 1 of 30');
  });

  test.each<[string, () => Record<string, unknown>, string, RegExp]>([
    [
      'a package that is nowhere',
      () => ({ packages: ['no-such'] }),
      'fail',
      /^No repository of container\w+ has the package 'no-such'$/,
    ],
    [
      'a repository that is down',
      () => ({ repos: [{ name: 'down', url: `http://${bench.hosts.gateway}:9` }] }),
      'dead',
      /^The repository http:\/\/[\d.]+:9 cannot be read from container\w+: Could not connect/,
    ],
    [
      'a key that is not the one',
      () => ({ repos: [{ name: 'tools', url: repository.url, key: other.key }] }),
      'dead',
      /^The repository http:\S+ is not accepted on container\w+: it is signed with the key \w+, which is not the one/,
    ],
    [
      'a key that is not there',
      () => ({ repos: [{ name: 'tools', url: repository.url, key: `${repository.url}/key` }] }),
      'dead',
      /its key http:\S+\/key cannot be fetched$/,
    ],
    [
      'a name that is a path',
      () => ({ repos: [{ name: '../x', url: 'http://x' }] }),
      'fail',
      /^install: 'repos\[0\].name' must be letters/,
    ],
    [
      'packages that are no list',
      () => ({ packages: { deb: 7 } }),
      'fail',
      /^install: 'packages' must be a list of packages/,
    ],
  ])('one sentence for %s', { timeout: 60_000 }, async (_, config, status, sentence) => {
    const result = await install(config());
    expect([result.status, result.failureReason]).toEqual([status, expect.stringMatching(sentence)]);
    expect(await bench.hosts.inside(0, 'ls /etc/apt/sources.list.d')).toBe('');
  });
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

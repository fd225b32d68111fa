import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startAptRepository } from '../../test/fixtures/apt-repository.ts';
import type { AptRepository } from '../../test/fixtures/apt-repository.ts';
import { startContainerBench } from '../../test/fixtures/container-bench.ts';
import type { ContainerHosts } from '../../test/fixtures/container-bench.ts';
import { startFakeBuilder } from '../../test/fixtures/fake-builder.ts';
import type { JobBench } from '../../test/fixtures/job-bench.ts';
import { describeWith } from '../../test/requirements.ts';

describeWith(['docker', 'debootstrap', 'gpg'], 'install with packages that cannot be had', () => {
  const patience = { timeout: 120_000 };
  let bench: JobBench<ContainerHosts>;
  let repository: AptRepository;
  let other: AptRepository;
  beforeAll(async () => {
    bench = await startContainerBench(1);
    await bench.hosts.inside(0, 'rm /etc/apt/sources.list');
    const { gateway } = bench.hosts;
    [repository, other] = await Promise.all([startAptRepository(gateway), startAptRepository(gateway)]);
    await repository.add('tool', '1.0');
  }, 300_000);
  afterEach(async () => {
    // Whatever went wrong, the host is as it was.
    const left =
      'ls /etc/apt/sources.list.d /etc/apt/preferences.d; dpkg-query -W -f "${Status}" tool 2>/dev/null || true';
    const found = (await bench.hosts.inside(0, left)).replaceAll(/^\/.*:$/gm, '').trim();
    if (found !== '') throw new Error(`the host still has ${found}`);
  });
  afterAll(async () => {
    await repository?.stop();
    await other?.stop();
    await bench?.stop();
  });

  async function install(config: Record<string, unknown>): Promise<[string, string | null]> {
    const tasks = [{ install: { project: 'tool', ...config } }];
    const { status, failureReason } = await bench.run(JSON.stringify({ roles: [['client.0']], tasks }));
    return [status, failureReason];
  }

  test(
    'a branch and a commit that nobody has built make the job dead, in the words of the original',
    patience,
    async () => {
      await using builder = await startFakeBuilder(bench.hosts.gateway, {});
      const shaman = { endpoint: `${builder.url}/api` };
      const search = `${builder.url}/api/search?status=ready&project=tool&flavor=default&distros=debian%2F12%2Fx86_64`;
      expect(await install({ shaman, branch: 'wip' })).toEqual([
        'dead',
        `Failed to fetch package version from ${search}&ref=wip`,
      ]);
      const sha1 = 'c'.repeat(40);
      expect(await install({ shaman, sha1 })).toEqual([
        'dead',
        `Failed to fetch package version from ${search}&sha1=${sha1}`,
      ]);
    },
  );

  test('a builder that is down is named', patience, async () => {
    const endpoint = `http://${bench.hosts.gateway}:4009/api`;
    const [status, reason] = await install({ shaman: { endpoint } });
    expect(status).toBe('dead');
    expect(reason).toMatch(
      /^The builder gives no answer at http:\/\/\S+:4009\/api\/search\S+: connect ECONNREFUSED /,
    );
  });

  test('a repository that is down is named, with the host that wanted it', patience, async () => {
    const url = `http://${bench.hosts.gateway}:4009`;
    const [status, reason] = await install({ repos: [{ name: 'tools', url }] });
    expect(status).toBe('dead');
    expect(reason).toMatch(
      new RegExp(`^The repository ${url} cannot be read from container01: .*Could not connect to .*refused`),
    );
  });

  test('a repository that another key has signed is not accepted', patience, async () => {
    const [status, reason] = await install({
      repos: [{ name: 'tools', url: repository.url, key: other.key }],
    });
    expect(status).toBe('dead');
    expect(reason).toMatch(
      new RegExp(
        `^The repository ${repository.url} is not accepted on container01: it is signed with the key [0-9A-F]{16,40}, which is not the one that was given for it$`,
      ),
    );
  });

  test('a key that is none is not accepted', patience, async () => {
    const key = `${repository.url}/Packages`;
    expect(await install({ repos: [{ name: 'tools', url: repository.url, key }] })).toEqual([
      'dead',
      `The repository ${repository.url} is not accepted on container01: ${key} is no public key`,
    ]);
  });

  test('a full disk is the lab’s trouble, and said', patience, async () => {
    const archives = '/var/cache/apt/archives';
    await bench.hosts.inside(
      0,
      `mount -t tmpfs -o size=64k none ${archives} && mkdir ${archives}/partial && { cat /dev/zero >${archives}/fill || true; }`,
    );
    try {
      const [status, reason] = await install({
        repos: [{ name: 'tools', url: repository.url, key: repository.key }],
      });
      expect(status).toBe('dead');
      expect(reason).toMatch(
        /^The packages do not fit on the disk of container01: (No space left on device|.*enough free space in \/var\/cache\/apt\/archives)/,
      );
    } finally {
      await bench.hosts.inside(0, `umount ${archives}`);
    }
  });
});

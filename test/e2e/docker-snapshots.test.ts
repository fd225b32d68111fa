import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fileArchive } from '../../adapters/embedded/file-archive.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { defaultSite } from '../../core/config/site-settings.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import type { Node, NodeSpec } from '../../core/locks/node.ts';
import type { Provider } from '../../core/ports/provider.ts';
import { openEngine } from '../../providers/docker/engine.ts';
import { networkName } from '../../providers/docker/labels.ts';
import { openProvider } from '../../providers/registry.ts';
import { nodeTargets } from '../../runner/attempt/node-targets.ts';
import type { PlainValue, Remote, Task } from '../../runner/engine/task.ts';
import { jobNodes } from '../../runner/job/job-nodes.ts';
import { runJob } from '../../runner/job/run-job.ts';
import { builtInTasks } from '../../runner/tasks/built-in.ts';
import { unusedNode } from '../../core/locks/node.ts';
import { fromPlain } from '../../core/config/yaml-value.ts';
import { startAptRepository } from '../fixtures/apt-repository.ts';
import type { AptRepository } from '../fixtures/apt-repository.ts';
import { crowding } from '../fixtures/crowding.ts';
import { startFakeBuilder } from '../fixtures/fake-builder.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { forgetLabImages } from '../fixtures/snapshot-images.ts';
import { describeWith } from '../requirements.ts';

const patience = 300_000; // the image may have to be made first

describeWith(['docker', 'debootstrap'], 'jobs on containers', () => {
  const lab = `test-${randomBytes(4).toString('hex')}`;
  let folder: string;
  let provider: Provider;
  let nodes: Node[];
  let fence = 1;
  let sha1 = '';
  let jobs = 0;
  let installs: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loligo-snapshots-'));
    const context = { lab, folder: join(folder, 'provider'), logger: silentLogger };
    provider = openProvider('docker', { count: 3, prefix: 'host' }, context);
    nodes = (await provider.start()).map(unusedNode);
  }, patience);
  beforeEach(async () => {
    fence += 1;
    installs = [];
    sha1 = randomBytes(20).toString('hex');
    await cleanAll();
  }, patience);
  afterAll(async () => {
    await provider.destroy();
    await forgetLabImages(lab);
    await rm(folder, { recursive: true, force: true });
  }, patience);

  async function cleanAll(): Promise<void> {
    fence += 1;
    nodes = await Promise.all(
      nodes.map(async (node) => ({ ...node, ...(await provider.clean(node, fence)) })),
    );
  }

  const holds = async (remote: Remote, what: string): Promise<boolean> =>
    (await remote.sh('cat /opt/thing 2>/dev/null || true')) === what;

  /** What `install` stands for: something outside of the home that a sha1 decides, slow enough to be met in the act. */
  const installThing: Task = async (ctx, config) => {
    const { sha1: wanted, fails = false } = config as { sha1: string; fails?: boolean };
    const outcome = await ctx.snapshot(
      { name: 'thing', key: { sha1: wanted }, verify: (remote) => holds(remote, wanted) },
      async (remotes) => {
        installs.push(...remotes.map((remote) => remote.shortname));
        if (fails) throw new Error(`sha1 ${wanted} has no packages`);
        for (const remote of remotes)
          await remote.sh(`sleep 0.5; printf %s ${wanted} | sudo tee /opt/thing >/dev/null; touch /tmp/left`);
      },
    );
    ctx.log.info(`outcome ${outcome}`);
  };

  async function run(some: readonly Node[], tasks: readonly PlainValue[], signal?: AbortSignal) {
    const archive = await mkdtemp(join(folder, 'archive-'));
    const roles = some.map((_node, index) => [`mon.${'abc'[index]}`, `client.${index}`]);
    const job = fromPlain({ roles, tasks: [...tasks], ceph_cm_ansible: false }) as YamlMap;
    const config = new Map([...job, ['targets', nodeTargets(some)] as const]);
    jobs += 1;
    const attempt = { run: 'run', jobId: jobs, fence };
    const moved: NodeSpec[] = [];
    const began = performance.now();
    const result = await runJob({
      config,
      archive: fileArchive({ folder: archive, baseUrl: null }),
      archivePrefix: 'job',
      yaml: pyYaml,
      site: defaultSite,
      options: {
        owner: 'tester@bench',
        name: 'run',
        jobId: 1,
        description: null,
        verbose: true,
        suitePath: null,
        interactiveOnError: false,
      },
      clock: { now: Date.now },
      builtInTasks: { ...builtInTasks, thing: async () => ({ task: installThing }) },
      signal: signal ?? new AbortController().signal,
      console: null,
      maxSeconds: null,
      nodes: jobNodes({
        nodes: some,
        providers: new Map([['docker', provider]]),
        attempt,
        systems: some.map(() => ({ osType: null, osVersion: null })),
        like: null,
        moved: async (spec) => {
          moved.push(spec);
          return 'ok';
        },
      }),
    });
    const log = await readFile(join(archive, 'job/teuthology.log'), 'utf8');
    return { ...result, log, moved, seconds: (performance.now() - began) / 1000 };
  }

  test(
    'hosts of one key install once, the others and later jobs reuse the image',
    { timeout: patience },
    async () => {
      const greeting = (role: string) =>
        `exec 3<>/dev/tcp/{${role}}/22 && head -c 4 <&3 && echo " of {${role}}"`;
      const check = {
        exec: {
          'mon.a': ['test -d $TESTDIR && test ! -e /tmp/left', greeting('mon.b')],
          'mon.b': [greeting('mon.a')],
        },
      };
      const cold = await run(nodes.slice(0, 2), [{ thing: { sha1 } }]);
      expect([cold.status, cold.failureReason]).toEqual(['pass', null]);
      expect(installs).toHaveLength(1);
      expect(cold.nodesClean).toBe(false);
      await cleanAll();
      const warm = await run(nodes.slice(0, 2), [{ thing: { sha1 } }, check]);
      expect([warm.status, warm.failureReason]).toEqual(['pass', null]);
      expect(installs).toHaveLength(1);
      expect(warm.log).toContain('reusing existing image thing');
      expect(warm.log).toContain('outcome reused');
      expect(warm.log).toMatch(/host01\.stdout:SSH- of host02\n[^]*host02\.stdout:SSH- of host01\n/);
      // Each container has a key of its own, under the name that it had.
      const keys = [...cold.moved, ...warm.moved]
        .filter(({ name }) => name === 'host01')
        .map((one) => one.hostKey);
      expect(new Set(keys).size).toBeGreaterThan(1);
      expect(new Set(warm.moved.slice(-2).map((one) => one.hostKey)).size).toBe(2);
      console.log(`install-only job: cold ${cold.seconds.toFixed(1)} s, warm ${warm.seconds.toFixed(1)} s`);
    },
  );

  test(
    'packages of a branch are installed once per commit, and a hit asks no package manager to do anything',
    { timeout: patience },
    async () => {
      const gateway = await addressFor(lab);
      await using first = await repositoryWith(gateway, '1.0');
      await using second = await repositoryWith(gateway, '2.0');
      const main = { sha1, version: '1.0', repository: `deb ${first.url} ./` };
      await using builder = await startFakeBuilder(gateway, { main });
      const tasks = (version: string): PlainValue[] => [
        { exec: { all: ['sudo rm -f /etc/apt/sources.list'] } }, // saves the time of the distribution's lists
        { install: { project: 'tool', branch: 'main', shaman: { endpoint: `${builder.url}/api` } } },
        { exec: { all: [`dpkg-query -W -f '\${Version}' tool | grep -x ${version}`] } },
      ];
      const acts = (log: string) =>
        log.split('\n').filter((line) => /> .*(apt-get -y|dpkg -[iP])/.test(line)).length;

      const cold = await run(nodes.slice(0, 2), tasks('1.0'));
      expect([cold.status, cold.failureReason]).toEqual(['pass', null]);
      expect(cold.log).toContain('made image install-tool');
      expect(acts(cold.log)).toBe(2); // one update and one installation, on one host of two
      await cleanAll();
      const warm = await run(nodes.slice(0, 2), tasks('1.0'));
      expect([warm.status, warm.failureReason, acts(warm.log)]).toEqual(['pass', null, 0]);
      expect(warm.log).toContain('reusing existing image install-tool');
      expect(warm.summary.duration).toBeLessThan(14 * crowding()); // the original's, on a machine of its own

      await cleanAll();
      Object.assign(main, {
        sha1: randomBytes(20).toString('hex'),
        version: '2.0',
        repository: `deb ${second.url} ./`,
      });
      const moved = await run(nodes.slice(0, 1), tasks('2.0'));
      expect([moved.status, moved.failureReason, acts(moved.log)]).toEqual(['pass', null, 2]);
      console.log(
        `install of a small package: cold ${cold.summary.duration} s, warm ${warm.summary.duration} s`,
      );
    },
  );

  test('jobs at the same time install once', { timeout: patience }, async () => {
    const both = await Promise.all(nodes.slice(0, 2).map((node) => run([node], [{ thing: { sha1 } }])));
    expect(both.map(({ status }) => status)).toEqual(['pass', 'pass']);
    expect(installs).toHaveLength(1);
    expect(both.map(({ log }) => log).join()).toMatch(
      /another host is installing thing: waiting for its snapshot/,
    );
  });

  test('a later snapshot builds on the one before', { timeout: patience }, async () => {
    const chain = [{ thing: { sha1 } }, { thing: { sha1: `${sha1}2` } }];
    await run(nodes.slice(0, 1), chain);
    await cleanAll();
    const again = await run(nodes.slice(0, 1), chain);
    expect([again.status, installs.length]).toEqual(['pass', 2]);
    expect(again.log.match(/outcome reused/g)).toHaveLength(2);
  });

  test(
    'an image that does not hold what it should is thrown away and made anew',
    { timeout: patience },
    async () => {
      await run(nodes.slice(0, 1), [{ thing: { sha1 } }]);
      await cleanAll();
      const engine = await openEngine(null);
      const [image] = await engine.listImages({
        filters: { label: [`loligo.lab=${lab}`, 'loligo.image=snapshot'] },
      });
      const [repo, tag] = (image?.RepoTags?.[0] ?? '').split(':');
      const container = await engine.createContainer({
        Image: image?.Id ?? '',
        Entrypoint: ['/bin/rm', '/opt/thing'],
      });
      await container.start();
      await container.wait();
      await container.commit({ repo: repo ?? '', tag: tag ?? '' });
      await container.remove({ force: true, v: true });
      const { status, log } = await run(nodes.slice(0, 1), [{ thing: { sha1 } }]);
      expect(log).toContain('it is thrown away');
      expect([status, installs.length]).toEqual(['pass', 2]);
    },
  );

  test('an installation that fails leaves the turn to the next', { timeout: patience }, async () => {
    const failed = await run(nodes.slice(0, 1), [{ thing: { sha1, fails: true } }]);
    expect(failed.failureReason).toContain(`sha1 ${sha1} has no packages`);
    await cleanAll();
    expect((await run(nodes.slice(1, 2), [{ thing: { sha1 } }])).status).toBe('pass');
  });
});

/** An address of this machine that the containers of a lab reach. */
async function addressFor(lab: string): Promise<string> {
  const network = (await openEngine(null)).getNetwork(networkName(lab));
  const { IPAM } = (await network.inspect()) as { IPAM: { Config: { Gateway?: string }[] } };
  return IPAM.Config[0]?.Gateway ?? '';
}

async function repositoryWith(address: string, version: string): Promise<AptRepository & AsyncDisposable> {
  const repository = await startAptRepository(address);
  await repository.add('tool', version);
  return { ...repository, [Symbol.asyncDispose]: () => repository.stop() };
}

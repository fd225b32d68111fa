import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Node } from '../core/locks/node.ts';
import { StaleFenceError } from '../core/ports/provider.ts';
import { unusedNode } from '../core/locks/node.ts';
import { silentLogger } from '../test/fixtures/silent-logger.ts';
import { sshExec } from '../test/fixtures/ssh-exec.ts';
import { describeWith } from '../test/requirements.ts';
import { EngineUnavailableError, openEngine } from './docker/engine.ts';
import { containerName } from './docker/labels.ts';
import { docker } from './docker.ts';

const making = 300_000; // the image may have to be made first

test('an engine that does not answer is named', async () => {
  const context = { lab: 'none', folder: '/nonexistent/loligo', logger: silentLogger };
  const starting = docker.open({ socket: '/nonexistent/docker.sock' }, context).start();
  await expect(starting).rejects.toThrow(EngineUnavailableError);
  await expect(starting).rejects.toThrow('/nonexistent/docker.sock');
});

describeWith(['docker', 'debootstrap'], 'container nodes', () => {
  const lab = `test-${randomBytes(4).toString('hex')}`;
  let folder: string;
  let nodes: Node[];
  const open = (options: Record<string, unknown> = {}) =>
    docker.open(
      { count: 2, prefix: 'box', ...options },
      { lab, folder: join(folder, 'provider'), logger: silentLogger },
    );
  const first = () => nodes[0] as Node;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loligo-docker-'));
    nodes = (await open().start()).map(unusedNode);
  }, making);
  afterAll(async () => {
    await open().destroy();
    await rm(folder, { recursive: true, force: true });
  }, making);

  test('a node says what it is', async () => {
    const { stdout } = await sshExec(
      first(),
      'hostname; whoami; uname -m; . /etc/os-release; echo $ID $VERSION_ID; pwd',
    );
    const { name, user, arch, osType, osVersion } = first();
    const [type, version] = [osType.split(',')[0], osVersion.split(',')[0]];
    expect(stdout).toBe(`${name}\n${user}\n${arch}\n${type} ${version}\n/home/${user}\n`);
    expect(first()).toMatchObject({
      name: 'box01',
      user: 'ubuntu',
      machineType: 'container',
      provider: 'docker',
    });
  });

  test('sudo is real root, without a password', async () => {
    expect((await sshExec(first(), 'sudo -n id -u; sudo -u nobody id -un')).stdout).toBe('0\nnobody\n');
  });

  test('nodes find each other by name', async () => {
    const script =
      'getent hosts box02 | tr -s " " | cut -d" " -f2; (exec 3<>/dev/tcp/box02/22; head -c 8 <&3)';
    expect((await sshExec(first(), script)).stdout).toBe('box02\nSSH-2.0-');
  });

  test('the image keeps no host keys and no package lists', async () => {
    const { stdout } = await sshExec(
      first(),
      'ls /etc/ssh | grep -c "^ssh_host_.*_key$"; ls -A /var/lib/apt/lists | wc -l',
    );
    expect(stdout).toBe('0\n0\n');
  });

  test('a container that was stopped comes back with its files and its key', async () => {
    await sshExec(first(), 'echo kept > ~/file');
    const engine = await openEngine(null);
    await engine.getContainer(containerName(lab, 'box01')).stop();
    const again = (await open().start()).map(unusedNode);
    expect(again[0]?.hostKey).toBe(first().hostKey);
    nodes = again;
    expect((await sshExec(first(), 'cat ~/file')).stdout).toBe('kept\n');
  });

  test('a container that somebody removed is made anew', async () => {
    const engine = await openEngine(null);
    await engine.getContainer(containerName(lab, 'box02')).remove({ force: true, v: true });
    const again = (await open().start()).map(unusedNode);
    expect(again[0]).toEqual(first());
    expect(again[1]?.hostKey).not.toBe(nodes[1]?.hostKey);
    nodes = again;
    expect((await sshExec(nodes[1] as Node, 'echo up')).stdout).toBe('up\n');
  });

  test('an image that the engine does not have is not fetched', async () => {
    await expect(open({ image: 'no-such-image:1' }).start()).rejects.toThrow(
      "the engine has no image 'no-such-image:1', and its name has no registry to fetch it from",
    );
    const elsewhere = open({ image: '127.0.0.1:1/no-such-image:1' }).start();
    await expect(elsewhere).rejects.toThrow(
      /^the engine has no image '127.0.0.1:1\/no-such-image:1', and could not fetch it: /,
    );
  });

  test('a system that no container has is refused with those that there are', async () => {
    const job = { run: 'r', jobId: 1 };
    const systems = [{ osType: 'plan9', osVersion: '4' }];
    const preparing = open().prepare?.({ nodes: [first()], fence: 1, job, systems });
    await expect(preparing).rejects.toThrow(/^no container has plan9 4; there are debian/);
  });

  test('the nodes of a job reach each other by name, and nobody else', { timeout: making }, async () => {
    const { name } = first();
    const systems = nodes.map(() => ({ osType: null, osVersion: null }));
    const order = { fence: 5, job: { run: 'r', jobId: 7 }, systems };
    const [alone] = (await open().prepare?.({ ...order, nodes: [first()] })) ?? [];
    const node = { ...first(), ...alone };
    expect(node.hostKey).toBe(first().hostKey); // it was ready, and only moved
    const names = `getent hosts ${name} >/dev/null && echo own; getent hosts box02 || echo none`;
    expect((await sshExec(node, names)).stdout).toBe('own\nnone\n');
    const [, second] = (await open().prepare?.({ ...order, nodes })) ?? [];
    expect(
      (await sshExec({ ...nodes[1], ...second } as Node, `getent hosts ${name} && echo found`)).stdout,
    ).toMatch(/found/);
    const stale = open().prepare?.({ ...order, fence: 4, nodes: [first()] });
    await expect(stale).rejects.toThrow(StaleFenceError);

    const engine = await openEngine(null);
    const jobNetworks = async () =>
      (await engine.listNetworks({ filters: { label: [`loligo.lab=${lab}`, 'loligo.job=r/7'] } })).length;
    expect(await jobNetworks()).toBe(1);
    nodes = await Promise.all(nodes.map(async (one) => ({ ...one, ...(await open().clean(one, 6)) })));
    expect(await jobNetworks()).toBe(0);
    expect((await sshExec(first(), 'getent hosts box02 >/dev/null && echo found')).stdout).toBe('found\n');
  });

  test('sudo may mount and shape the network, as file systems and fault injection need', async () => {
    const script =
      'sudo mount -t tmpfs none /mnt && sudo iptables -L -n >/dev/null && test -c /dev/fuse && echo all';
    expect((await sshExec(first(), script)).stdout).toBe('all\n');
  });

  test('an image without sshd is refused with what the container said', { timeout: making }, async () => {
    const engine = await openEngine(null);
    const own = (await engine.getContainer(containerName(lab, 'box01')).inspect()).Image;
    const container = await engine.createContainer({
      Image: own,
      Cmd: ['rm', '/usr/sbin/sshd'],
      Labels: { 'loligo.lab': lab },
    });
    await container.start();
    await container.wait();
    const image = `${lab}:without-sshd`;
    await container.commit({ repo: lab, tag: 'without-sshd' });
    const starting = open({ image, prefix: 'bare', count: 1 }).start();
    await expect(starting).rejects.toThrow(/node bare01: the container is exited[^]*sshd/);
    await container.remove({ force: true, v: true });
    await engine.getContainer(containerName(lab, 'bare01')).remove({ force: true, v: true });
    await engine.getImage(image).remove({ force: true });
  });
});

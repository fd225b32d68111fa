import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Node } from '../core/locks/node.ts';
import { asNode } from '../test/contract/provider.ts';
import { silentLogger } from '../test/fixtures/silent-logger.ts';
import { sshExec } from '../test/fixtures/ssh-exec.ts';
import { describeWith } from '../test/requirements.ts';
import { containerName } from './docker/containers.ts';
import { EngineUnavailableError, openEngine } from './docker/engine.ts';
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
    nodes = (await open().start()).map(asNode);
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
    expect(stdout).toBe(`${name}\n${user}\n${arch}\n${osType} ${osVersion}\n/home/${user}\n`);
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
    expect(stdout).toBe('1\n0\n');
  });

  test('a container that was stopped comes back with its files and its key', async () => {
    await sshExec(first(), 'echo kept > ~/file');
    const engine = await openEngine(null);
    await engine.getContainer(containerName(lab, 'box01')).stop();
    const again = (await open().start()).map(asNode);
    expect(again[0]?.hostKey).toBe(first().hostKey);
    nodes = again;
    expect((await sshExec(first(), 'cat ~/file')).stdout).toBe('kept\n');
  });

  test('a container that somebody removed is made anew', async () => {
    const engine = await openEngine(null);
    await engine.getContainer(containerName(lab, 'box02')).remove({ force: true });
    const again = (await open().start()).map(asNode);
    expect(again[0]).toEqual(first());
    expect(again[1]?.hostKey).not.toBe(nodes[1]?.hostKey);
    nodes = again;
    expect((await sshExec(nodes[1] as Node, 'echo up')).stdout).toBe('up\n');
  });

  test('an image that the engine does not have is not fetched', async () => {
    await expect(open({ image: 'no-such-image:1' }).start()).rejects.toThrow(
      "the engine has no image 'no-such-image:1'",
    );
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
    await container.remove({ force: true });
    await engine.getContainer(containerName(lab, 'bare01')).remove({ force: true });
    await engine.getImage(image).remove({ force: true });
  });
});

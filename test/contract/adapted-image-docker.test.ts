import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Node } from '../../core/locks/node.ts';
import { adaptImage } from '../../providers/docker/adapt-image.ts';
import { openEngine } from '../../providers/docker/engine.ts';
import { imageOf } from '../../providers/docker/systems.ts';
import { thisMachine } from '../../providers/machine.ts';
import { openProvider } from '../../providers/registry.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { sshExec } from '../fixtures/ssh-exec.ts';
import { describeWith } from '../requirements.ts';

describeWith(['docker', 'debootstrap'], 'a target image that is made of another image', () => {
  const patience = 300_000; // the base image may have to be made first
  const tag = randomBytes(4).toString('hex');
  const made: string[] = [];
  let engine: Docker;
  let folder = '';

  /** An image of the base image in which something was done, and which says of itself what is of no use to a target. */
  async function imageAfter(name: string, command: string): Promise<string> {
    const image = await imageOf({ engine, system: await thisMachine(), folder, logger: silentLogger });
    const container = await engine.createContainer({
      Image: image,
      Cmd: ['/bin/sh', '-c', command],
      Labels: { 'loligo.lab': `test-${tag}` },
    });
    try {
      await container.start();
      await container.wait();
      const changes = ['USER nobody', 'ENTRYPOINT ["/bin/false"]', 'WORKDIR /tmp'];
      await container.commit({ repo: `loligo-test-${name}`, tag, changes });
    } finally {
      await container.remove({ force: true });
    }
    made.push(`loligo-test-${name}:${tag}`);
    return `loligo-test-${name}:${tag}`;
  }
  async function adapt(from: string, name: string | null): Promise<string> {
    const image = await adaptImage({ engine, from, name, logger: silentLogger });
    made.push(image);
    return image;
  }

  beforeAll(async () => {
    engine = await openEngine(null);
    folder = await mkdtemp(join(tmpdir(), 'loligo-adapted-'));
  }, patience);
  afterAll(async () => {
    for (const name of made.toReversed()) await engine.getImage(name).remove({ force: true });
    await rm(folder, { recursive: true, force: true });
  }, patience);

  test('has what was missing, and serves as a node', { timeout: patience }, async () => {
    const bare = await imageAfter(
      'bare',
      'dpkg --purge --force-depends openssh-server sudo; userdel -r ubuntu; echo mine >/opt/mine',
    );
    const image = await adapt(bare, `loligo-test-adapted:${tag}`);
    const context = { lab: `test-${tag}`, folder: join(folder, 'provider'), logger: silentLogger };
    const provider = openProvider('docker', { count: 1, image }, context);
    try {
      const [node] = await provider.start();
      const { stdout } = await sshExec(
        node as Node,
        'whoami; sudo whoami; cat /opt/mine; pwd; ls /etc/ssh | grep -c host_',
      );
      expect(stdout.split('\n')).toEqual(['ubuntu', 'root', 'mine', '/home/ubuntu', '0', '']);
    } finally {
      await provider.destroy();
    }
  });

  test(
    'is refused, and nothing is left, when what is missing cannot be had, or the name is taken',
    { timeout: patience },
    async () => {
      const barer = await imageAfter('barer', 'rm -f /usr/sbin/sshd /usr/bin/sudo /usr/bin/apt-get');
      await expect(adapt(barer, `loligo-test-never:${tag}`)).rejects.toThrow(
        `image '${barer}' lacks sshd sudo, and has none of apt-get, dnf, yum, zypper to install that with`,
      );
      await expect(adapt(barer, null)).rejects.toThrow(/^there is an image loligo-target:\S+ already/);
      await expect(adapt('loligo-no-such-image', null)).rejects.toThrow(
        /^the engine has no image 'loligo-no-such-image'/,
      );
      const left = await engine.listContainers({ all: true, filters: { label: ['loligo.lab=image-build'] } });
      expect(left).toEqual([]);
    },
  );
});

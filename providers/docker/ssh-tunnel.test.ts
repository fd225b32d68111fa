import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startEndpoints } from '../../test/fixtures/ssh-endpoints.ts';
import type { SshEndpoints } from '../../test/fixtures/ssh-endpoints.ts';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import { sshExec } from '../../test/fixtures/ssh-exec.ts';
import { describeWith } from '../../test/requirements.ts';
import { unusedNode } from '../../core/locks/node.ts';
import { docker } from '../docker.ts';
import { EngineUnavailableError, engineHost, openEngine } from './engine.ts';

describeWith(['docker', 'debootstrap', 'ssh', 'sshd'], 'an engine behind ssh', () => {
  let hosts: SshEndpoints;
  let url = '';
  beforeAll(async () => {
    hosts = await startEndpoints(1, { server: 'openssh' });
    const [host] = hosts.endpoints;
    if (host === undefined) throw new Error('no endpoint');
    url = `ssh://${host.user}@127.0.0.1:${host.port}`;
    // Stands before the machine's ssh with the settings that a person would have in a file of their own.
    const file = (name: string) => join(hosts.folder, name);
    mkdirSync(file('bin'));
    writeFileSync(file('known_hosts'), `[127.0.0.1]:${host.port} ${host.hostKey}\n`);
    writeFileSync(file('wrong_hosts'), `[127.0.0.1]:${host.port} ${host.hostKey.slice(0, -8)}AAAAAAAA\n`);
    const settings = `-F /dev/null -i ${host.identityFile} -o UserKnownHostsFile=${file('${HOSTS:-known_hosts}')}`;
    writeFileSync(file('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh ${settings} "$@"\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${file('bin')}:${process.env['PATH']}`);
    vi.stubEnv('TMPDIR', hosts.folder); // for the tunnels' sockets
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await hosts.stop();
  });

  test('gives nodes and takes them back', { timeout: 300_000 }, async () => {
    const context = {
      lab: `test-${randomBytes(4).toString('hex')}`,
      folder: join(hosts.folder, 'provider'),
      logger: silentLogger,
    };
    const provider = docker.open({ count: 1, host: url }, context);
    try {
      const [spec] = await provider.start();
      if (spec === undefined) throw new Error('no node');
      const { stdout } = await sshExec(unusedNode(spec), 'hostname; sudo id -u');
      expect(stdout).toBe(`${spec.name}\n0\n`);
    } finally {
      await provider.destroy();
    }
    const engine = await openEngine(null);
    const left = { all: true, filters: { label: [`loligo.lab=${context.lab}`] } };
    expect(await engine.listContainers(left)).toEqual([]);
  });

  test('is found by DOCKER_HOST, too', async () => {
    vi.stubEnv('DOCKER_HOST', url);
    const engine = await openEngine(null);
    expect((await engine.version()).ApiVersion).toMatch(/^1\./);
    expect((engine.modem as { protocol?: string }).protocol).not.toBe('ssh');
    expect(engineHost(engine)).toBe(null);
    const named = await openEngine('/var/run/docker.sock'); // which DOCKER_HOST has no say in
    expect((named.modem as { protocol?: string }).protocol).toBe('http');
  });

  test('is not trusted with another host key than is known', async () => {
    vi.stubEnv('HOSTS', 'wrong_hosts');
    const opening = openEngine(url.replace(/\/\/.*@/, '//')); // for which there is no connection yet
    await expect(opening).rejects.toThrow(EngineUnavailableError);
    await expect(opening).rejects.toThrow(
      /^no container engine answers on ssh:\S+: .*Host key verification failed/,
    );
  });
});

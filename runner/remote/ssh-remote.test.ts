import { execFileSync, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEndpoint } from '../../providers/sandbox/endpoint.ts';
import type { Endpoint } from '../../providers/sandbox/endpoint.ts';
import { startEndpoints } from '../../test/fixtures/ssh-endpoints.ts';
import type { SshEndpoints } from '../../test/fixtures/ssh-endpoints.ts';
import { describeOnServers, remoteTo, startRemote } from '../../test/fixtures/ssh-remote.ts';
import { describeWith } from '../../test/requirements.ts';
import type { Remote } from './remote.ts';
import { ConnectionLostError } from './command-errors.ts';
import { ConnectFailedError, HostKeyMismatchError, isTransportError } from './transport-errors.ts';

const publicKey = (): string => ssh2.utils.generateKeyPairSync('ed25519').public;

/** Records sleeps and does not sleep. */
function noSleep(before?: (seconds: number) => Promise<void>) {
  const sleeps: number[] = [];
  const sleepFor = async (seconds: number): Promise<void> => {
    sleeps.push(seconds);
    await before?.(seconds);
  };
  return { sleeps, sleepFor };
}

/** Logs in, asks where it is, and leaves. */
async function homeOf(remote: Remote): Promise<string> {
  await remote.connect();
  const home = await remote.sh('echo $HOME');
  await remote.close();
  return home.trim();
}

describeOnServers('a remote', (server) => {
  let servers: SshEndpoints;
  let endpoint: Endpoint;
  beforeAll(async () => {
    servers = await startEndpoints(1, { server });
    endpoint = servers.endpoints[0] as Endpoint;
  });
  afterAll(async () => servers.stop());

  test('says who and where it is', async () => {
    const { remote } = remoteTo(endpoint);
    expect(remote).toMatchObject({
      name: `${endpoint.user}@target1.lab.example`,
      shortname: 'target1',
      hostname: 'target1.lab.example',
      connected: false,
      sshCommand: `ssh -i ${endpoint.identityFile} -p ${endpoint.port} -o HostKeyAlias=target1.lab.example ${endpoint.user}@127.0.0.1`,
    });
    expect(() => remote.testDir).toThrow('Not connected to target1');
    await expect(remote.run('true')).rejects.toThrow('Not connected to target1');
    await remote.connect();
    expect(remote.connected).toBe(true);
    expect(remote.testDir).toBe(`${endpoint.home}/cephtest`);
    await remote.connect();
    await remote.close();
    expect(remote.connected).toBe(false);
    await expect(remote.run('true')).rejects.toThrow('Not connected to target1');
  });

  test('keeps its files where the site says', () => {
    const { remote } = remoteTo(endpoint, {
      site: { sshKey: null, verifyHostKeys: true, testPath: '/srv/t' },
    });
    expect(remote.testDir).toBe('/srv/t');
  });

  describe('whose host shows another key', () => {
    test('refuses it at once, naming host and both keys', async () => {
      const { sleeps, sleepFor } = noSleep();
      const { remote } = remoteTo(endpoint, { target: { hostKey: publicKey() }, tuning: { sleepFor } });
      const refused = remote.connect();
      await expect(refused).rejects.toBeInstanceOf(HostKeyMismatchError);
      await expect(refused).rejects.toThrow(
        /^Host key of target1 is not the one in targets: expected ssh-ed25519 SHA256:\S+, got ssh-ed25519 SHA256:\S+$/,
      );
      expect(sleeps).toEqual([]);
      expect(isTransportError(await refused.catch((error: unknown) => error))).toBe(true);
    });

    test('of another kind is refused as well', async () => {
      const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).public;
      const { remote } = remoteTo(endpoint, { target: { hostKey: rsa } });
      await expect(remote.connect()).rejects.toMatchObject({
        name: 'HostKeyMismatchError',
        offered: null,
        message: expect.stringContaining('the host offers no key of that kind'),
      });
    });

    test('than known_hosts has, is refused unless the site does not verify keys', async () => {
      const home = await mkdtemp(join(tmpdir(), 'loligo-home-'));
      await mkdir(join(home, '.ssh'));
      await writeFile(join(home, '.ssh/known_hosts'), `[127.0.0.1]:${endpoint.port} ${publicKey()}\n`);
      const { remote } = remoteTo(endpoint, { home, target: { hostKey: null } });
      await expect(remote.connect()).rejects.toThrow('not the one in known_hosts');
      const site = { sshKey: null, verifyHostKeys: false, testPath: null };
      const { remote: careless } = remoteTo(endpoint, { home, site, target: { hostKey: null } });
      await careless.connect();
      await careless.close();
      await rm(home, { recursive: true });
    });
  });

  test('tries to connect ten times, with longer and longer pauses, when nobody listens', async () => {
    const { sleeps, sleepFor } = noSleep();
    const { remote, records } = remoteTo(endpoint, { target: { port: 1 }, tuning: { sleepFor } });
    const failed = remote.connect();
    await expect(failed).rejects.toBeInstanceOf(ConnectFailedError);
    await expect(failed).rejects.toThrow(
      "'connect to target1.lab.example' reached maximum tries (10) after waiting for 145 seconds: connect ECONNREFUSED 127.0.0.1:1",
    );
    expect(sleeps).toEqual([4, 7, 10, 13, 16, 19, 22, 25, 28]);
    expect(records.filter((record) => record.message.startsWith('Error connecting to'))).toHaveLength(10);
  });

  test('tries as often when its login is refused', async () => {
    const { sleeps, sleepFor } = noSleep();
    const file = join(servers.folder, 'other_key');
    await writeFile(file, ssh2.utils.generateKeyPairSync('ed25519').private, { mode: 0o600 });
    const { remote, records } = remoteTo(endpoint, { target: { identityFile: file }, tuning: { sleepFor } });
    await expect(remote.connect({ attempts: 3 })).rejects.toThrow('maximum tries (3)');
    expect(sleeps).toEqual([4, 7]);
    const line =
      'Error authenticating with target1.lab.example: All configured authentication methods failed';
    expect(records.map((record) => record.message)).toContain(line);
  });

  test('tries as often when what answers hangs up', async () => {
    const rude = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
    const { sleeps, sleepFor } = noSleep();
    const { port } = rude.address() as { port: number };
    const { remote } = remoteTo(endpoint, { target: { port }, tuning: { sleepFor } });
    await expect(remote.connect({ attempts: 3 })).rejects.toBeInstanceOf(ConnectFailedError);
    expect(sleeps).toEqual([4, 7]);
    rude.close();
  });

  test('stops trying when it is told to', async () => {
    const stop = new AbortController();
    const sleepFor = (seconds: number, signal?: AbortSignal): Promise<void> => {
      const slept = delay(seconds * 1000, undefined, { signal });
      stop.abort(new Error('job ended'));
      return slept;
    };
    const { remote } = remoteTo(endpoint, { target: { port: 1 }, signal: stop.signal, tuning: { sleepFor } });
    await expect(remote.connect()).rejects.toMatchObject({
      name: 'AbortError',
      cause: { message: 'job ended' },
    });
  });

  test('does not try with a key that cannot be read', async () => {
    const { remote } = remoteTo(endpoint, { target: { identityFile: '/nonexistent/key' } });
    await expect(remote.connect()).rejects.toThrow(
      'Private key /nonexistent/key for target1 cannot be used: ENOENT',
    );
  });

  test('logs in with the key of the site, else those in ~/.ssh', async () => {
    const site = { sshKey: endpoint.identityFile, verifyHostKeys: true, testPath: null };
    const { remote: bySite } = remoteTo(endpoint, { site, target: { identityFile: null } });
    expect(await homeOf(bySite)).toBe(endpoint.home);
    const home = await mkdtemp(join(tmpdir(), 'loligo-home-'));
    await mkdir(join(home, '.ssh'));
    await copyFile(endpoint.identityFile, join(home, '.ssh/id_ed25519'));
    const { remote: byDefault } = remoteTo(endpoint, { home, target: { identityFile: null } });
    expect(await homeOf(byDefault)).toBe(endpoint.home);
    await rm(home, { recursive: true });
  });

  test('knows whether its host answers', async () => {
    const { remote } = remoteTo(endpoint);
    expect(await remote.isOnline()).toBe(false);
    await remote.connect();
    expect(await remote.isOnline()).toBe(true);
    await remote.close();
    expect(await remote.isOnline()).toBe(false);
  });
});

describeOnServers('a lost connection', (server) => {
  test('fails what was running, and is made again for the next command when the server is back, with the same key', async () => {
    const { sleeps, sleepFor } = noSleep();
    await using fixture = await startRemote(server, { tuning: { sleepFor }, target: { hostKey: null } });
    const { remote, endpoint, servers } = fixture;
    const running = remote.run('echo begun; sleep 1000', { label: 'L' });
    const background = await remote.start('cat', { stdin: 'pipe' });
    running.catch(() => {});
    while (!fixture.records.some((record) => record.message === 'begun')) await delay(10);
    await endpoint.stop();
    await expect(running).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(running).rejects.toMatchObject({
      message: "SSH connection to target1 was lost: 'echo begun; sleep 1000'",
      exitStatus: null,
      label: 'L',
    });
    await expect(background.wait()).rejects.toBeInstanceOf(ConnectionLostError);
    expect(await remote.isOnline()).toBe(false);

    const failed = remote.run('true');
    await expect(failed).rejects.toMatchObject({
      name: 'ReconnectFailedError',
      message: 'Failed to reconnect to target1',
    });
    expect(isTransportError(await failed.catch((error: unknown) => error))).toBe(true);
    expect(sleeps).toEqual([9, 12, 3]);

    const { folder } = servers;
    const again = await startEndpoint({ folder, name: 'target1', server, port: endpoint.port });
    expect(await remote.sh('echo back')).toBe('back\n');
    expect(await Promise.all([1, 2, 3].map((n) => remote.sh(`echo ${n}`)))).toEqual(['1\n', '2\n', '3\n']);
    await remote.reconnect();
    expect(await remote.sh('echo again')).toBe('again\n');
    await again.stop();

    await rm(join(folder, 'target1'), { recursive: true });
    const impostor = await startEndpoint({ folder, name: 'target1', server, port: endpoint.port });
    expect(impostor.hostKey).not.toBe(endpoint.hostKey);
    await expect(remote.run('true')).rejects.toMatchObject({ cause: { name: 'HostKeyMismatchError' } });
    await impostor.stop();
  });

  test('is waited for by reconnect, as long as it may', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'loligo-reconnect-'));
    let endpoint = await startEndpoint({ folder, name: 'target1', server });
    const { sleeps, sleepFor } = noSleep(async () => {
      if (sleeps.length === 3)
        endpoint = await startEndpoint({ folder, name: 'target1', server, port: endpoint.port });
    });
    const { remote } = remoteTo(endpoint, { tuning: { sleepFor } });
    await remote.connect();
    await endpoint.stop();
    await remote.reconnect({ timeoutMs: 300_000 });
    expect(sleeps).toEqual([9, 12, 15]);
    expect(await remote.sh('echo back')).toBe('back\n');
    await remote.close();
    await endpoint.stop();
    await rm(folder, { recursive: true });
  });

  test('by closing is an error for what was running', async () => {
    await using fixture = await startRemote(server);
    const running = await fixture.remote.start('sleep 1000');
    await fixture.remote.close();
    await expect(running.wait()).rejects.toBeInstanceOf(ConnectionLostError);
  });
});

describeWith(['sshd'], 'a server that allows few channels', () => {
  test('gets no more than it allows on a connection, and all commands run', async () => {
    await using fixture = await startRemote('openssh', { maxSessions: 2, tuning: { patienceMs: 50 } });
    const { remote } = fixture;
    const outs = Promise.all(Array.from({ length: 12 }, async (_, n) => remote.sh(`sleep 0.2; echo ${n}`)));
    expect(await outs).toEqual(Array.from({ length: 12 }, (_, n) => `${n}\n`));
    const daemons = await Promise.all(
      Array.from({ length: 5 }, async () => remote.start('cat', { stdin: 'pipe' })),
    );
    const stuck = remote.run('sleep 1000 & wait', { timeoutMs: 200 });
    await expect(stuck).rejects.toMatchObject({ name: 'CommandTimeoutError' });
    for (const daemon of daemons) daemon.stdin?.end();
    await Promise.all(daemons.map(async (daemon) => daemon.wait()));
  });

  test('as OpenSSH does by default, serves a hundred commands at once', async () => {
    await using fixture = await startRemote('openssh', { maxSessions: 10 });
    const outs = Promise.all(Array.from({ length: 100 }, async (_, n) => fixture.remote.sh(`echo ${n}`)));
    expect(await outs).toEqual(Array.from({ length: 100 }, (_, n) => `${n}\n`));
  });
});

describeWith(['sshd', 'ssh'], 'the caller’s own ssh settings', () => {
  let servers: SshEndpoints;
  let home: string;
  beforeAll(async () => {
    servers = await startEndpoints(2, { server: 'openssh' });
    home = await mkdtemp(join(tmpdir(), 'loligo-home-'));
    await mkdir(join(home, '.ssh'));
  });
  afterAll(async () => {
    await servers.stop();
    await rm(home, { recursive: true });
  });

  test('name address, port, user and key, and the way through other hosts', async () => {
    const [gate, inner] = servers.endpoints as [Endpoint, Endpoint];
    const config = `
Host gate
  HostName 127.0.0.1
  Port ${gate.port}
Host inner.lab
  HostName 127.0.0.1
  Port ${inner.port}
  ProxyJump ${gate.user}@gate
Host *
  IdentityFile ${inner.identityFile}`;
    await writeFile(join(home, '.ssh/config'), config);
    const { remote } = remoteTo(inner, {
      home,
      target: { hostname: 'inner.lab', address: 'inner.lab', port: 22, identityFile: null },
    });
    await remote.connect();
    expect(await remote.sh('echo $HOME')).toBe(`${inner.home}\n`);
    const running = await remote.start('sleep 1000');
    await gate.stop();
    await expect(running.wait()).rejects.toBeInstanceOf(ConnectionLostError);
    expect(await inner.alive()).toBe(true);
    await remote.close();
  });

  test('include the agent', async () => {
    const [, endpoint] = servers.endpoints as [Endpoint, Endpoint];
    const socket = join(home, 'agent');
    const agent = spawn('/usr/bin/ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    const add = () =>
      execFileSync('/usr/bin/ssh-add', [endpoint.identityFile], {
        env: { SSH_AUTH_SOCK: socket },
        stdio: 'ignore',
      });
    for (let added = false; !added; await delay(20)) {
      try {
        add();
        added = true;
      } catch {
        if (agent.exitCode !== null) throw new Error('the agent ended');
      }
    }
    const emptyHome = join(home, 'empty');
    const { remote } = remoteTo(endpoint, {
      home: emptyHome,
      agentSocket: socket,
      target: { identityFile: null },
    });
    expect(await homeOf(remote)).toBe(endpoint.home);
    agent.kill();
  });

  test('may name an agent that does not answer', async () => {
    const [, endpoint] = servers.endpoints as [Endpoint, Endpoint];
    const emptyFile = join(home, 'no-agent');
    await writeFile(emptyFile, '');
    const sshHome = join(home, 'with-key');
    await mkdir(join(sshHome, '.ssh'), { recursive: true });
    await copyFile(endpoint.identityFile, join(sshHome, '.ssh/id_ed25519'));
    const { remote } = remoteTo(endpoint, {
      home: sshHome,
      agentSocket: emptyFile,
      target: { identityFile: null },
    });
    expect(await homeOf(remote)).toBe(endpoint.home);
  });
});

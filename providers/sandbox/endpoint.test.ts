import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ClientChannel } from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processesOfFolder } from '../../test/fixtures/processes-of-folder.ts';
import { sshConnect, sshExec, sshOutcome, sshStart } from '../../test/fixtures/ssh-exec.ts';
import { startEndpoints } from '../../test/fixtures/ssh-endpoints.ts';
import type { SshEndpoints } from '../../test/fixtures/ssh-endpoints.ts';
import { describeWith } from '../../test/requirements.ts';
import { newPrivateKey } from '../ssh-key.ts';
import { EndpointError, startEndpoint } from './endpoint.ts';
import type { Endpoint, ServerKind } from './endpoint.ts';

const run = promisify(execFile);

describeEndpoint('openssh');
describeEndpoint('ssh2');

function describeEndpoint(server: ServerKind): void {
  describeWith(server === 'openssh' ? ['sshd'] : [], `endpoint served by ${server}`, () => {
    let lab: SshEndpoints;
    let node: Endpoint;
    beforeAll(async () => {
      lab = await startEndpoints(1, { server });
      node = lab.endpoints[0] as Endpoint;
    });
    afterAll(() => lab.stop());

    const connected = async <T>(
      act: (client: Awaited<ReturnType<typeof sshConnect>>) => Promise<T>,
    ): Promise<T> => {
      const client = await sshConnect(node);
      client.on('error', () => undefined);
      try {
        return await act(client);
      } finally {
        client.end();
      }
    };

    test('a command runs as it was sent, in the home of the node', async () => {
      const odd = `printf '%s|' "a  b" 'c"d' $((1+1)) "$0" \\\\ '*'; pwd; echo ~; hostname; hostname -s; echo $HOSTNAME`;
      const { stdout } = await sshExec(node, odd);
      expect(stdout.split('\n')).toEqual([
        expect.stringMatching(/^a {2}b\|c"d\|2\|[^|]*\|\\\|\*\|/),
        node.home,
        'target1',
        'target1',
        'target1',
        '',
      ]);
      expect(stdout).toContain(`|${node.home}\n`);
    });

    test('nested shells and temporary files stay with the node', async () => {
      const { stdout } = await sshExec(node, `cd / && bash -c pwd && mktemp && echo $SHLVL`);
      const [cwd, file, level] = stdout.split('\n');
      expect(cwd).toBe('/');
      expect(file).toMatch(`${join(lab.folder, 'target1', 'tmp')}/`);
      expect(level).toBe('1');
    });

    test.each([
      ['exit 0', { status: 0, signal: null }],
      ['exit 255', { status: 255, signal: null }],
      ['no-such-command-here', { status: 127, signal: null }],
      ['kill -SEGV $$', { status: null, signal: 'SIGSEGV' }],
      ['kill -KILL $$', { status: null, signal: 'SIGKILL' }],
    ])('%s is reported as it ended', async (command, end) => {
      expect(await sshExec(node, command)).toMatchObject(end);
    });

    // OpenSSH passes signals on only where it separates privileges, which it does not for root.
    if (server === 'ssh2' || process.getuid?.() !== 0) signalTests(() => node);

    test('input arrives whole and ends', async () => {
      const text = 'line\n'.repeat(200_000);
      expect((await sshExec(node, 'wc -c; wc -c', text)).stdout.trim().split(/\s+/)).toEqual([
        String(text.length),
        '0',
      ]);
    });

    test('environment requests are heard, but cannot move the node', async () => {
      await connected(async (client) => {
        const command = await sshStart(client, 'echo $GREETING $HOME', {
          env: { GREETING: 'hi', HOME: '/elsewhere' },
        });
        expect((await sshOutcome(command)).stdout).toBe(`hi ${node.home}\n`);
      });
    });

    test('many channels work at once on one connection', async () => {
      await connected(async (client) => {
        const numbers = Array.from({ length: 60 }, (_, index) => index);
        const outcomes = await Promise.all(
          numbers.map(async (number) => sshOutcome(await sshStart(client, `echo ${number}; exit ${number}`))),
        );
        expect(outcomes.map(({ stdout, status }) => [stdout, status])).toEqual(
          numbers.map((n) => [`${n}\n`, n]),
        );
      });
    });

    test('output waits for a slow reader instead of filling the memory of the server', async () => {
      await connected(async (client) => {
        const { channel, ended } = await sshStart(client, 'head -c 300000000 /dev/zero');
        await marked(node, 'head -c 300000000');
        const before = await residentBytes(node.pid);
        let received = 0;
        let peak = 0;
        const watch = setInterval(
          () => void residentBytes(node.pid).then((bytes) => (peak = Math.max(peak, bytes))),
          50,
        );
        channel.on('data', (chunk: Buffer) => (received += chunk.length));
        await ended;
        clearInterval(watch);
        expect(received).toBe(300_000_000);
        expect(peak - before).toBeLessThan(150_000_000);
      });
    });

    test('both outputs arrive whole when both wait for the reader', async () => {
      const lines = "seq 1 400000 | sed 's/^/out /' & seq 1 400000 | sed 's/^/err /' >&2 & wait";
      const outcome = await sshExec(node, lines);
      const expected = (word: string) =>
        Array.from({ length: 400_000 }, (_, index) => `${word} ${index + 1}\n`).join('');
      expect(outcome.stdout === expected('out')).toBe(true);
      expect(outcome.stderr === expected('err')).toBe(true);
    });

    test('a background process may outlive its command', async () => {
      expect((await sshExec(node, `(sleep 1001 </dev/null >/dev/null 2>&1 &)`)).status).toBe(0);
      await expect.poll(() => nodeCommands(node)).toContainEqual(expect.stringMatching(/^\d+ sleep 1001/));
    });

    test('a terminal is given when asked for', async () => {
      await connected(async (client) => {
        const command = await sshStart(client, 'tty; stty size; exit 4', {
          pty: { rows: 33, cols: 99, term: 'xterm' },
        });
        const { stdout, status } = await sshOutcome(command);
        expect(stdout).toMatch(/^\/dev\/pts\/\d+\r\n33 99\r\n$/);
        expect(status).toBe(4);
      });
    });

    test('a login shell starts at home with the node’s own programs', async () => {
      await connected(async (client) => {
        const shell = await sshStart(client, null);
        shell.channel.end('pwd; command -v sudo; exit 5\n');
        const { stdout, status } = await sshOutcome(shell);
        expect({ stdout, status }).toEqual({
          stdout: `${node.home}\n${join(lab.folder, 'target1', 'bin', 'sudo')}\n`,
          status: 5,
        });
      });
    });

    test('a key that is not authorized is refused, and so is another user', async () => {
      const identityFile = join(lab.folder, 'stranger');
      await writeFile(identityFile, newPrivateKey(), { mode: 0o600 });
      await expect(sshExec({ ...node, identityFile }, 'true')).rejects.toMatchObject({
        level: 'client-authentication',
      });
      await expect(sshExec({ ...node, user: 'daemon' }, 'true')).rejects.toMatchObject({
        level: 'client-authentication',
      });
    });

    test('a key in ~/.ssh/authorized_keys of the node may log in', async () => {
      const [mine, comment] = [join(lab.folder, 'mine'), 'somebody@somewhere'];
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', mine]);
      await sshExec(
        node,
        'mkdir -p ~/.ssh && cat >> ~/.ssh/authorized_keys',
        await readFile(`${mine}.pub`, 'utf8'),
      );
      expect((await sshExec({ ...node, identityFile: mine }, 'echo in')).stdout).toBe('in\n');
    });

    test('no more sessions than allowed are open at once on a connection', async () => {
      await using few = await startEndpoints(1, { server, maxSessions: 3 });
      const client = await sshConnect(few.endpoints[0] as Endpoint);
      const open = await Promise.all([1, 2, 3].map(() => sshStart(client, 'cat')));
      await expect(sshStart(client, 'true')).rejects.toThrow(/open fail/i);
      open[0]?.channel.end();
      await sshOutcome(open[0] as (typeof open)[0]);
      // The server may count a session a little longer than the client does.
      const again = async () => (await sshOutcome(await sshStart(client, 'echo again'))).stdout;
      await expect.poll(() => again().catch(String), { timeout: 20_000 }).toBe('again\n');
      client.end();
    });

    test('scp and sftp copy files', async () => {
      const words = [
        '-q',
        '-i',
        node.identityFile,
        '-o',
        'StrictHostKeyChecking=no',
        '-o',
        'UserKnownHostsFile=/dev/null',
      ];
      const local = join(lab.folder, 'local');
      await writeFile(local, 'over sftp');
      const remote = `${node.user}@127.0.0.1:copied`;
      await run('scp', ['-F', '/dev/null', ...words, '-P', String(node.port), local, remote]);
      expect(await readFile(join(node.home, 'copied'), 'utf8')).toBe('over sftp');
      await run('scp', ['-F', '/dev/null', '-O', ...words, '-P', String(node.port), remote, `${local}-back`]);
      expect(await readFile(`${local}-back`, 'utf8')).toBe('over sftp');
    });

    test('a server that was killed starts again on its port with its key, and what it left is gone', async () => {
      await using other = await startEndpoints(1, { server });
      const first = other.endpoints[0] as Endpoint;
      const client = await sshConnect(first);
      client.on('error', () => undefined);
      await sshStart(client, 'trap "" HUP; sleep 1002');
      await marked(first, 'sleep 1002');
      process.kill(first.pid, 'SIGKILL');
      await expect.poll(() => first.alive()).toBe(false);

      const second = await startEndpoint({ folder: other.folder, name: 'target1' });
      expect(second).toMatchObject({ port: first.port, hostKey: first.hostKey, server });
      expect(second.pid).not.toBe(first.pid);
      // The new server may still be parting from the login that tried it.
      const left = async () =>
        (await processesOfFolder(other.folder)).filter((line) => !line.startsWith(`${second.pid} `));
      await expect.poll(left, { timeout: 20_000 }).toEqual([]);
      client.end();
      await first.stop();
      expect(await processesOfFolder(other.folder)).toEqual([]);
    });

    test('another port is taken when the old one is no longer free', async () => {
      await using other = await startEndpoints(1, { server });
      const first = other.endpoints[0] as Endpoint;
      await first.stop();
      const squatter = createServer().listen(first.port, '127.0.0.1');
      await new Promise((resolve) => squatter.once('listening', resolve));
      const options = { folder: other.folder, name: 'target1' };
      await expect(startEndpoint({ ...options, port: first.port })).rejects.toBeInstanceOf(EndpointError);
      const second = await startEndpoint(options);
      expect(second.port).not.toBe(first.port);
      expect((await sshExec(second, 'echo here')).stdout).toBe('here\n');
      squatter.close();
      await second.stop();
    });

    test('stop leaves no process and closes the port', async () => {
      const other = await startEndpoints(2, { server });
      const [first, second] = other.endpoints as [Endpoint, Endpoint];
      for (const endpoint of other.endpoints) {
        await sshExec(endpoint, `setsid nohup sh -c 'trap "" HUP TERM; sleep 1003' >/dev/null 2>&1 &`);
      }
      const stranger = spawn('sleep', ['1004'], { cwd: first.home });
      await first.stop();
      expect(await first.alive()).toBe(false);
      expect(
        (await processesOfFolder(first.home)).filter((line) => !line.startsWith(`${stranger.pid} `)),
      ).toEqual([]);
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
      expect(await second.alive()).toBe(true);
      await first.stop();
      await other.stop();
      stranger.kill();
      expect(await processesOfFolder(other.folder)).toEqual([]);
      expect(existsSync(other.folder)).toBe(false);
    });
  });
}

function signalTests(target: () => Endpoint): void {
  test.each(['before', 'after'])(
    'a signal request reaches a command %s the end of its input',
    async (when) => {
      const client = await sshConnect(target());
      const script = 'trap "exit 7" USR1; echo ready; while :; do sleep 0.1; done';
      const { channel, ended } = await sshStart(client, script);
      await once(channel, 'data');
      if (when === 'after') channel.end();
      channel.resume();
      sendSignal(channel, 'USR1');
      expect(await ended).toEqual({ status: 7, signal: null });
      client.end();
    },
  );

  test('a signal request reaches the whole process group', async () => {
    const client = await sshConnect(target());
    const { channel, ended } = await sshStart(client, 'sleep 1000 & sleep 1000');
    const sleeping = async () =>
      (await nodeCommands(target())).filter((line) => /^\d+ sleep 1000/.test(line));
    await expect.poll(sleeping, { timeout: 20_000 }).toHaveLength(2);
    channel.resume();
    sendSignal(channel, 'TERM');
    expect(await ended).toEqual({ status: null, signal: 'SIGTERM' });
    await expect.poll(sleeping, { timeout: 20_000 }).toEqual([]);
    client.end();
  });
}

test('the ssh2 server hangs up a command whose connection breaks', async () => {
  await using lab = await startEndpoints(1, { server: 'ssh2' });
  const node = lab.endpoints[0] as Endpoint;
  const client = await sshConnect(node);
  client.on('error', () => undefined);
  await sshStart(client, 'sleep 1005 & sleep 1006');
  await marked(node, 'sleep 1005');
  await marked(node, 'sleep 1006');
  client.destroy();
  await expect.poll(() => nodeCommands(node), { timeout: 20_000 }).toEqual([]);
});

/** The command lines that run in a node's home. */
async function nodeCommands(node: Endpoint): Promise<string[]> {
  const home = await realpath(node.home);
  return (await processesOfFolder(home)).filter((line) => !line.startsWith(`${node.pid} `));
}

async function marked(node: Endpoint, command: string): Promise<void> {
  await expect
    .poll(() => nodeCommands(node), { timeout: 20_000 })
    .toContainEqual(expect.stringContaining(command));
}

/** Of a process and its descendants: OpenSSH serves each connection in a process of its own. */
async function residentBytes(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-eo', 'pid,ppid,rss']);
  const rows = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/).map(Number));
  const tree = new Set([pid]);
  for (let size = 0; size !== tree.size;) {
    size = tree.size;
    for (const [child, parent] of rows) if (tree.has(parent ?? 0)) tree.add(child ?? 0);
  }
  return rows.reduce(
    (sum, [child, , kilobytes]) => sum + (tree.has(child ?? 0) ? (kilobytes ?? 0) * 1024 : 0),
    0,
  );
}

/** A signal request; ssh2's client itself sends none once it has ended the input of a command. */
function sendSignal(channel: ClientChannel, name: string): void {
  const { _client, outgoing } = channel as unknown as {
    _client: { _protocol: { signal(id: number, name: string): void } };
    outgoing: { id: number };
  };
  _client._protocol.signal(outgoing.id, name);
}

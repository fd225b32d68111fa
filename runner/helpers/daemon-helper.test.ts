import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const script = fileURLToPath(new URL('./daemon-helper.sh', import.meta.url));
const shells = [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([program = '', ...args]) => spawnSync(program, [...args, '-c', 'true']).status === 0,
);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daemon-helper-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Helper {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<{ status: number | null; stdout: string; stderr: string }>;
}

describe.each(shells)('the daemon helper under %s %s', (...shell) => {
  const [program = 'sh', ...shellArgs] = shell.filter((word) => word !== undefined);

  function start(...args: string[]): Helper {
    const child = spawn(program, [...shellArgs, script, ...args], { cwd: folder });
    child.stdin.on('error', () => {});
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (output.stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (output.stderr += String(chunk)));
    return { child, ended: once(child, 'close').then(([status]) => ({ status, ...output })) };
  }

  /** The process ids that the command under test wrote, once it has written as many. */
  async function pidsOf(count: number): Promise<number[]> {
    for (;;) {
      const text = await readFile(join(folder, 'pids'), 'utf8').catch(() => '');
      const pids = text.split('\n').slice(0, -1).map(Number);
      if (pids.length >= count) return pids;
      await sleep(20);
    }
  }

  test('ends with the status of its command', async () => {
    const { ended } = start('kill', 'sh', '-c', 'echo out; echo err >&2; exit 7');
    expect(await ended).toEqual({ status: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  test('hands its words on as they are', async () => {
    const { ended } = start('kill', 'printf', '%s|', "it's", '', 'a  b', '$HOME', '*');
    expect(await ended).toMatchObject({ status: 0, stdout: "it's||a  b|$HOME|*|" });
  });

  test('gives its command nothing to read', async () => {
    const helper = start('kill', 'cat');
    helper.child.stdin.write('\n');
    expect(await helper.ended).toMatchObject({ stdout: '' });
  });

  test.each([['kill'], ['term']])('sends %s at the end of input, which is success', async (signal) => {
    const { child, ended } = start(signal, 'sh', '-c', 'echo $$ >>pids; exec sleep 1000');
    const [pid = 0] = await pidsOf(1);
    child.stdin.end();
    expect(await ended).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(isAlive(pid)).toBe(false);
  });

  test('gives a command that minds SIGTERM the last word', async () => {
    const { child, ended } = start(
      'term',
      'sh',
      '-c',
      'trap "exit 5" TERM; echo $$ >>pids; while :; do sleep 0.1; done',
    );
    await pidsOf(1);
    child.stdin.end();
    expect(await ended).toMatchObject({ status: 5 });
  });

  test('ends everything the command started, also what has left its group', async () => {
    const command =
      'sleep 1000 & echo $! >>pids; timeout 1000 sleep 1000 & echo $! >>pids; echo $$ >>pids; wait';
    const { child, ended } = start('kill', '--kill-group', 'sh', '-c', command);
    const pids = await pidsOf(3);
    child.stdin.end();
    expect(await ended).toMatchObject({ status: 0 });
    await expectGone(pids);
  });

  test('stays while anything of the group is left, and ends it then', async () => {
    const command = 'sleep 1000 >/dev/null 2>&1 & echo $! >>pids; exit 6';
    const { child, ended } = start('kill', '--kill-group', 'sh', '-c', command);
    const pids = await pidsOf(1);
    await sleep(500);
    expect(isAlive(pids[0] ?? 0)).toBe(true);
    expect(child.exitCode).toBe(null);
    child.stdin.end();
    expect(await ended).toMatchObject({ status: 6 });
    await expectGone(pids);
  });

  test.each([[[]], [['--kill-group']]])('passes a signal on that comes as a byte, with %j', async (flags) => {
    const command = 'trap "echo got it; exit 3" USR1; echo $$ >>pids; while :; do sleep 0.1; done';
    const { child, ended } = start('kill', ...flags, 'sh', '-c', command);
    await pidsOf(1);
    child.stdin.write(Buffer.from([10]));
    expect(await ended).toMatchObject({ status: 3, stdout: 'got it\n' });
  });

  test('tells of a crash', async () => {
    const { ended } = start('kill', 'sh', '-c', 'kill -SEGV $$');
    expect(await ended).toEqual({ status: 1, stdout: '', stderr: 'command crashed with signal 11\n' });
  });

  test('a signal that was passed on is a crash, and SIGINT is not ignored', async () => {
    const { child, ended } = start('kill', 'sh', '-c', 'echo $$ >>pids; exec sleep 1000');
    await pidsOf(1);
    child.stdin.write(Buffer.from([2]));
    expect(await ended).toMatchObject({ status: 1, stderr: 'command crashed with signal 2\n' });
  });

  test.each([['SIGTERM'], ['SIGKILL']] as const)('its own end by %s ends the command', async (signal) => {
    const { child, ended } = start(
      'kill',
      '--kill-group',
      'sh',
      '-c',
      'sleep 1000 & echo $! >>pids; echo $$ >>pids; wait',
    );
    const pids = await pidsOf(2);
    child.kill(signal);
    child.stdin.end();
    expect(await ended).toMatchObject({ status: signal === 'SIGTERM' ? 0 : null });
    await expectGone(pids);
  });

  test('without a leash only the end of the command counts', async () => {
    const { child, ended } = start('kill', '--nostdin', 'sh', '-c', 'sleep 0.3; exit 4');
    child.stdin.end();
    expect(await ended).toMatchObject({ status: 4 });
  });

  test('leaves no watcher behind', async () => {
    const { child, ended } = start('kill', 'sh', '-c', 'echo $$ >>pids; until [ -e go ]; do sleep 0.1; done');
    const [pid = 0] = await pidsOf(1);
    while ((await watchersOf(pid)).length === 0) await sleep(20);
    await writeFile(join(folder, 'go'), '');
    expect(await ended).toMatchObject({ status: 0 });
    expect(child.stdin.writableEnded).toBe(false);
    while ((await watchersOf(pid)).some(isRunning)) await sleep(20);
    expect((await watchersOf(pid)).filter(isRunning)).toEqual([]);
  });

  test('says what is missing on its command line', async () => {
    expect(await start('kill').ended).toMatchObject({
      status: 2,
      stderr: 'daemon-helper: no command given\n',
    });
  });
});

/** The processes that watch over the command with this process id. */
async function watchersOf(pid: number): Promise<number[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    processes.map((name) => readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')),
  );
  return processes
    .filter((_, index) => commands[index]?.includes(['--watch', 9, pid, ''].join('\0')))
    .map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A process that was killed may stay for a moment until it is reaped; one that was not stays for good, and the test ends by its time limit. */
async function expectGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isRunning)) await sleep(20);
  expect(pids.filter(isRunning)).toEqual([]);
}

function isRunning(pid: number): boolean {
  const state = spawnSync('cat', [`/proc/${pid}/stat`]).stdout.toString();
  return state !== '' && !/\) Z /.test(state);
}

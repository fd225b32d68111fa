import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeOnServers, startRemote } from '../../test/fixtures/ssh-remote.ts';
import type { RemoteFixture } from '../../test/fixtures/ssh-remote.ts';
import { CommandCanceledError, CommandCrashedError, CommandTimeoutError } from './command-errors.ts';
import type { Remote } from './remote.ts';

/** The sleeping processes of this machine that sleep for exactly so many seconds. */
function sleepers(seconds: number): string[] {
  const all = execFileSync('ps', ['-eo', 'pid,stat,args'], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => line.endsWith(`sleep ${seconds}`) && !/^\s*\d+\s+Z/.test(line));
}

let lastDuration = 40_000 + (process.pid % 10_000) * 10;

/** A duration that no other sleep of this machine has. */
function uniqueDuration(): number {
  lastDuration += 1;
  return lastDuration;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(20);
}

describeOnServers('ending a command from this side', (server) => {
  let fixture: RemoteFixture;
  let remote: Remote;
  beforeAll(async () => {
    fixture = await startRemote(server, { tuning: { killGraceSeconds: 0.5 } });
    remote = fixture.remote;
  });
  afterAll(async () => fixture[Symbol.asyncDispose]());

  describe('when its deadline passes', () => {
    test.each([
      ['one process', (n: number) => `sleep ${n}`],
      ['a process in the background and a waiting shell', (n: number) => `sleep ${n} & wait`],
      ['a process in a group of its own', (n: number) => `timeout 99999 sleep ${n}`],
      [
        'processes in several groups',
        (n: number) => `timeout 99999 sh -c 'sleep ${n} & sleep ${n}; true' & sleep ${n}; true`,
      ],
      ['a child in a session of its own', (n: number) => `setsid --wait sleep ${n}; true`],
      ['a process that ignores SIGTERM', (n: number) => `trap '' TERM; sleep ${n}; sleep ${n}`],
      ['a child that outlives its shell', (n: number) => `sh -c "trap '' TERM; sleep ${n}" & wait`],
      ['a stopped process', (n: number) => `sleep ${n} & kill -STOP $!; wait`],
      ['a process under sudo', (n: number) => `sudo sh -c 'sleep ${n} & wait'`],
      ['a pipeline', (n: number) => `sleep ${n} | cat | cat`],
    ])('leaves nothing of %s', async (_, command) => {
      const duration = uniqueDuration();
      const ended = remote.run(command(duration), { timeoutMs: 300, label: 'L' });
      await expect(ended).rejects.toBeInstanceOf(CommandTimeoutError);
      expect(sleepers(duration)).toEqual([]);
      await expect(ended).rejects.toMatchObject({ timeoutMs: 300, label: 'L' });
    });

    test('says so, with what was written until then', async () => {
      const ended = remote.run('echo begun; sleep 1000', { timeoutMs: 300, collect: 'stdout' });
      await expect(ended).rejects.toMatchObject({
        message: "Command timed out on target1 after 0.3 seconds: 'echo begun; sleep 1000'",
        stdout: 'begun\n',
      });
    });

    test('kills no other command', async () => {
      const bystander = remote.run('sleep 2; echo alive', { collect: 'stdout' });
      await expect(remote.run('sleep 1000', { timeoutMs: 100 })).rejects.toBeInstanceOf(CommandTimeoutError);
      expect((await bystander).stdout).toBe('alive\n');
    });

    test('gives up although the caller does not take the output', async () => {
      const never = new Promise<void>(() => {});
      const ended = remote.run('yes', { quiet: true, timeoutMs: 200, onStdout: () => never });
      await expect(ended).rejects.toBeInstanceOf(CommandTimeoutError);
    });
  });

  test('when it ends in time nothing happens', async () => {
    expect((await remote.run('true', { timeoutMs: 30_000 })).exitStatus).toBe(0);
    expect((await remote.run('true', { timeoutMs: 2 ** 40 })).exitStatus).toBe(0);
  });

  describe('when the caller cancels it', () => {
    test('leaves nothing of it, and keeps the reason', async () => {
      const duration = uniqueDuration();
      const cancel = new AbortController();
      const ended = remote.run(`sleep ${duration} & wait`, { signal: cancel.signal });
      await Promise.race([ended.catch(() => {}), until(() => sleepers(duration).length > 0)]);
      const reason = new Error('job was killed');
      cancel.abort(reason);
      await expect(ended).rejects.toBeInstanceOf(CommandCanceledError);
      expect(sleepers(duration)).toEqual([]);
      await expect(ended).rejects.toMatchObject({ cause: reason });
    });

    test('beforehand, does not start it', async () => {
      const ended = remote.run('echo ran > ran', { signal: AbortSignal.abort() });
      await expect(ended).rejects.toBeInstanceOf(CommandCanceledError);
      await expect(remote.readFile('ran')).rejects.toThrow('No such file');
    });
  });

  describe('through its handle', () => {
    test('signals all its processes once', async () => {
      const duration = uniqueDuration();
      const handle = await remote.start(`sleep ${duration} & wait`);
      await until(() => sleepers(duration).length > 0);
      await handle.kill('KILL');
      await expect(handle.wait()).rejects.toBeInstanceOf(CommandCrashedError);
      await expect(handle.wait()).rejects.toMatchObject({ signal: 'KILL' });
      expect(sleepers(duration)).toEqual([]);
      expect(handle.finished).toBe(true);
      await handle.kill();
    });

    test('sends the signal that is asked for', async () => {
      const handle = await remote.start(
        `trap 'echo hup; exit 5' HUP; echo ready; while :; do sleep 0.05; done`,
      );
      const ready = () =>
        fixture.records.some(({ name, message }) => name.endsWith('stdout') && message === 'ready');
      await until(ready);
      await handle.kill('HUP');
      await expect(handle.wait()).rejects.toMatchObject({ exitStatus: 5 });
    });
  });
});

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Logger } from '../../core/ports/logger.ts';
import { describeOnServers, recordingLog, startRemote } from '../../test/fixtures/ssh-remote.ts';
import type { RemoteFixture } from '../../test/fixtures/ssh-remote.ts';
import {
  CommandCrashedError,
  CommandFailedError,
  CommandStreamError,
  OutputLimitError,
} from './command-errors.ts';
import { Raw } from './quote.ts';
import type { Remote } from './remote.ts';

describeOnServers('a command', (server) => {
  let fixture: RemoteFixture;
  let remote: Remote;
  beforeAll(async () => {
    fixture = await startRemote(server, { tuning: { silenceSeconds: 0.5 } });
    remote = fixture.remote;
  });
  afterAll(async () => fixture[Symbol.asyncDispose]());

  describe('ends', () => {
    test('with its status, which is an error only when it is checked', async () => {
      await expect(remote.run(['sh', '-c', 'exit 3'])).rejects.toMatchObject({
        name: 'CommandFailedError',
        message: `Command failed on target1 with status 3: "sh -c 'exit 3'"`,
        host: 'target1',
        exitStatus: 3,
        signal: null,
      });
      expect(await remote.run('exit 3', { check: false })).toMatchObject({
        exitStatus: 3,
        command: 'exit 3',
      });
    });

    test('with its label in the text', async () => {
      const failed = remote.run('exit 1', { label: 'workunit test x.sh' });
      await expect(failed).rejects.toThrow(
        "Command failed (workunit test x.sh) on target1 with status 1: 'exit 1'",
      );
    });

    test('by a signal', async () => {
      const crashed = remote.run(['sh', '-c', 'kill -SEGV $$']);
      await expect(crashed).rejects.toBeInstanceOf(CommandCrashedError);
      await expect(crashed).rejects.toMatchObject({
        message: `Command crashed: "sh -c 'kill -SEGV $$'"`,
        signal: 'SEGV',
      });
      expect(await remote.run('kill -9 $$', { check: false })).toMatchObject({
        exitStatus: null,
        signal: 'KILL',
      });
    });

    test('with what it wrote in the error', async () => {
      const failed = remote.run('echo out; echo err >&2; exit 1', { collect: 'both', quiet: true });
      await expect(failed).rejects.toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
    });

    test('with the words of the shell when it is not one', async () => {
      const failed = remote.run('if then', { collect: 'stderr', quiet: true });
      await expect(failed).rejects.toBeInstanceOf(CommandFailedError);
      await expect(failed).rejects.toMatchObject({ stderr: expect.stringMatching(/syntax error/i) });
    });

    test('although a process in the background keeps its output open and silent', async () => {
      const { exitStatus } = await remote.run('sleep 600 & echo $! > background; echo started', {
        collect: 'stdout',
      });
      expect(exitStatus).toBe(0);
      await remote.run('kill $(cat background)');
    });
  });

  describe('is given', () => {
    test('words exactly as they are', async () => {
      const words = [
        '',
        ' ',
        "it's",
        '"',
        '$HOME',
        '`id`',
        '\\',
        'a\nb',
        '*',
        'ü日🦑',
        '-n',
        '!',
        '#',
        ';',
        '\t',
      ];
      const printed = await remote.run(['printf', '%s\\0', ...words], { collect: 'stdout', quiet: true });
      expect(printed.stdout.split('\0').slice(0, -1)).toEqual(words);
      expect(await remote.sh('echo one two | cut -d " " -f 2')).toBe('two\n');
      const raw = await remote.run(['echo', 'a b', new Raw('| tr a-z A-Z')], { collect: 'stdout' });
      expect(raw.stdout).toBe('A B\n');
    });

    test('directory and environment, for all that it consists of', async () => {
      const out = await remote.sh('pwd; echo $A; echo "$A" | cat', { cwd: '/usr/bin', env: { A: "x'  y" } });
      expect(out).toBe("/usr/bin\nx' y\nx'  y\n");
      await expect(remote.run('echo ran > ran', { cwd: '/no/such/place' })).rejects.toThrow(
        'cd /no/such/place && echo ran > ran',
      );
    });

    test('no input unless asked: reading ends at once', async () => {
      expect(await remote.sh('cat | wc -c')).toMatch(/^\s*0\n$/);
    });

    test('input from text, bytes and streams, to the last byte', async () => {
      const bytes = Buffer.alloc(3_000_000, 'x');
      const count = async (stdin: string | Uint8Array | Readable) =>
        Number((await remote.run('wc -c', { stdin, collect: 'stdout', quiet: true })).stdout);
      expect(await count('süß')).toBe(5);
      expect(await count(bytes)).toBe(3_000_000);
      expect(await count(Readable.from([bytes, 'tail']))).toBe(3_000_004);
      expect(await count('')).toBe(0);
    });

    test('more input than it reads', async () => {
      let destroyed = false;
      const endless = new Readable({
        read() {
          this.push(Buffer.alloc(65_536));
        },
        destroy(error, done) {
          destroyed = true;
          done(error);
        },
      });
      const { stdout } = await remote.run('head -c 3', { stdin: endless, collect: 'stdout', quiet: true });
      expect(stdout).toBe('\0\0\0');
      expect(destroyed).toBe(true);
    });

    test('input that breaks off, and is killed', async () => {
      const broken = new Readable({ read() {} });
      const failed = remote.run('cat; sleep 1000', { stdin: broken, quiet: true });
      setTimeout(() => broken.destroy(new Error('disk on fire')), 50);
      await expect(failed).rejects.toBeInstanceOf(CommandStreamError);
      await expect(failed).rejects.toThrow('disk on fire');
    });
  });

  describe('writes', () => {
    test('lines into the log of its host and stream, the last one too', async () => {
      const { log, records } = recordingLog('tasks.workunit.client.0');
      await remote.run('echo one; printf "two  \\r\\nthree"; printf "\\303\\274\\377" >&2', { logger: log });
      expect(records).toEqual(
        expect.arrayContaining([
          { level: 'info', name: 'tasks.workunit.client.0.target1.stdout', message: 'one' },
          { level: 'info', name: 'tasks.workunit.client.0.target1.stdout', message: 'two' },
          { level: 'info', name: 'tasks.workunit.client.0.target1.stdout', message: 'three' },
          { level: 'info', name: 'tasks.workunit.client.0.target1.stderr', message: 'ü\ufffd' },
        ]),
      );
      expect(records).toHaveLength(4);
    });

    test('nothing into the log when it is quiet, but is echoed line by line', async () => {
      const before = fixture.records.length;
      await remote.run('set -e\necho hidden', { quiet: true, label: 'L' });
      expect(fixture.records.slice(before)).toEqual([
        { level: 'debug', name: 'teuthology.orchestra.run.target1', message: 'L> set -e' },
        { level: 'debug', name: 'teuthology.orchestra.run.target1', message: 'L> echo hidden' },
      ]);
    });

    test('bytes to the caller, all of them and in order', async () => {
      const chunks: Buffer[] = [];
      await remote.run('head -c 1000000 /dev/urandom > random; cat random', {
        quiet: true,
        onStdout: (chunk) => void chunks.push(chunk),
      });
      const sum = (await remote.sh('sha256sum < random', { quiet: true })).split(' ')[0];
      expect(createHash('sha256').update(Buffer.concat(chunks)).digest('hex')).toBe(sum);
    });

    test('more than the caller agreed to keep, and is killed', async () => {
      const failed = remote.run('yes', { collect: 'stdout', collectLimit: 1000, quiet: true });
      await expect(failed).rejects.toBeInstanceOf(OutputLimitError);
      await expect(failed).rejects.toMatchObject({ limit: 1000 });
      const error = (await failed.catch((error: unknown) => error)) as OutputLimitError;
      expect(error.stdout).toBe('y\n'.repeat(500));
    });

    test('to a callback that fails, and is killed', async () => {
      const failed = remote.run('yes', {
        quiet: true,
        onStdout: () => {
          throw new Error('cannot take it');
        },
      });
      await expect(failed).rejects.toMatchObject({
        name: 'CommandStreamError',
        cause: { message: 'cannot take it' },
      });
    });

    test('no faster than the caller takes it', async () => {
      const progress = join(fixture.endpoint.home, 'progress');
      const written = async () => Number((await readFile(progress, 'utf8')).trim() || 0);
      let standstill = -1;
      let bytes = 0;
      await remote.run(
        'i=0; while [ $i -lt 200 ]; do head -c 1000000 /dev/zero; i=$((i+1)); echo $i > progress; done',
        {
          quiet: true,
          async onStdout(chunk) {
            bytes += chunk.length;
            if (standstill !== -1) return;
            standstill = 0;
            for (let last = -1; last !== standstill || standstill === 0;) {
              last = standstill;
              await delay(400);
              standstill = await written();
            }
          },
        },
      );
      expect(standstill).toBeLessThan(100);
      expect(bytes).toBe(200_000_000);
    });

    test('much, and long lines, in little memory', async () => {
      const silent: Logger = { ...recordingLog('x').log, info: () => {}, child: () => silent };
      const before = process.memoryUsage().rss;
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
      await remote.run('head -c 300000000 /dev/zero | tr "\\0" x', { logger: silent });
      clearInterval(watch);
      expect(most - before).toBeLessThan(200_000_000);
    });
  });
});

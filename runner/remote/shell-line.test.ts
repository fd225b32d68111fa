import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { Raw } from './quote.ts';
import { commandText, CommandTooLongError, longestCommand, shellLine } from './shell-line.ts';
import type { ShellLineParams } from './shell-line.ts';

function line(params: Partial<ShellLineParams>): string {
  return shellLine({
    command: 'true',
    cwd: undefined,
    env: undefined,
    marker: 'M:',
    execsLast: true,
    ...params,
  });
}

/** Without a home, so that no login script of the machine has a say. */
const environment = { PATH: process.env['PATH'], HOME: '/nonexistent' };

describe.each(['/bin/sh', '/bin/bash'])('a line for %s', (shell) => {
  describe.each([true, false])('that becomes its last command: %s', (execsLast) => {
    const start = (params: Partial<ShellLineParams>) =>
      spawnSync(shell, ['-c', line({ execsLast, ...params })], {
        encoding: 'utf8',
        env: { ...environment, SHELL: shell },
      });

    test('announces the process id before all else', () => {
      const { stderr, pid } = start({ command: 'echo own >&2' });
      expect(stderr).toBe(`M:${pid}\nown\n`);
    });

    test('applies directory and environment to every command of several', () => {
      const { stdout } = start({
        command: 'pwd; echo "$A" | cat; false || sh -c \'echo "$B" in $(pwd)\'',
        cwd: '/usr/bin',
        env: { A: `it's "$HOME"`, B: 'two\nlines' },
      });
      expect(stdout).toBe(`/usr/bin\nit's "$HOME"\ntwo\nlines in /usr/bin\n`);
    });

    test('runs nothing when the directory does not exist', () => {
      const { stdout, status } = start({ command: 'echo ran', cwd: '/no where' });
      expect(stdout).toBe('');
      expect(status).not.toBe(0);
    });

    test('keeps the status of the last command and the words of a list', () => {
      expect(start({ command: 'false; exit 7' }).status).toBe(7);
      expect(start({ command: ['printf', '[%s]', '', 'a b', "'", new Raw('$((1+1))')] }).stdout).toBe(
        "[][a b]['][2]",
      );
    });

    test('leaves several lines as they are', () => {
      expect(start({ command: 'set -e\nif true; then\n  cat <<END\nhere\nEND\nfi' }).stdout).toBe('here\n');
    });
  });
});

test('a shell is replaced by one with the command alone, which ends by the signal that ends the command', () => {
  const sent = line({ command: ['sh', '-c', 'kill -9 $$'], execsLast: false });
  const env = { ...environment, SHELL: '/bin/bash' };
  expect(spawnSync('/bin/sh', ['-c', sent], { env }).signal).toBe('SIGKILL');
});

test('a variable must have the name of one', () => {
  expect(() => line({ env: { 'A;rm': 'x' } })).toThrow("'A;rm' is not the name of an environment variable");
});

test('a command that no host could start is refused', () => {
  expect(() => line({ command: 'x'.repeat(longestCommand) })).toThrow(CommandTooLongError);
});

test('what is shown has the directory, and not the environment', () => {
  expect(commandText(['ls', 'a b'], '/tmp/x y')).toBe("cd '/tmp/x y' && ls 'a b'");
  expect(commandText('ls; pwd', undefined)).toBe('ls; pwd');
});

import { CommandCrashedError, CommandFailedError } from '../../remote/command-errors.ts';
import { Raw } from '../../remote/quote.ts';
import { expectRejection, expectSame } from './check.ts';
import type { Check } from './check.ts';

const awkwardWords = [
  '',
  ' ',
  "it's",
  '"',
  '\\',
  '$HOME',
  '`id`',
  '*',
  'a\nb',
  '-n',
  '~',
  '!x',
  'ä→😀',
  '#',
  '&&',
];

export const commandChecks: readonly Check[] = [
  {
    name: 'a command that succeeds has status 0 and its output',
    run: async ({ remote, signal }) => {
      const result = await remote.run(['echo', 'hello'], { collect: 'both', signal });
      expectSame('the status', result.exitStatus, 0);
      expectSame('stdout', result.stdout, 'hello\n');
      expectSame('stderr', result.stderr, '');
    },
  },
  {
    name: 'a command that fails is an error with host, status and command',
    run: async ({ remote, signal }) => {
      const error = await expectRejection(remote.run('exit 42', { signal }), CommandFailedError);
      expectSame('the status', error.exitStatus, 42);
      expectSame(
        'the text',
        error.message,
        `Command failed on ${remote.shortname} with status 42: 'exit 42'`,
      );
    },
  },
  {
    name: 'a status can be asked for instead of an error',
    run: async ({ remote, signal }) => {
      for (const status of [1, 127, 255]) {
        const result = await remote.run(`exit ${status}`, { check: false, signal });
        expectSame('the status', result.exitStatus, status);
      }
    },
  },
  {
    name: 'a label stands in the failure text',
    run: async ({ remote, signal }) => {
      const error = await expectRejection(
        remote.run(['sh', '-c', 'exit 3'], { label: 'a label', signal }),
        CommandFailedError,
      );
      const text = `Command failed (a label) on ${remote.shortname} with status 3: "sh -c 'exit 3'"`;
      expectSame('the text', error.message, text);
    },
  },
  {
    name: 'a command that a signal ends is told apart from one that fails',
    run: async ({ remote, signal }) => {
      const error = await expectRejection(remote.run('kill -KILL $$', { signal }), CommandCrashedError);
      expectSame('the status', error.exitStatus, null);
    },
  },
  {
    name: 'stdout and stderr are kept apart',
    run: async ({ remote, signal }) => {
      const result = await remote.run('echo out; echo err >&2', { collect: 'both', signal });
      expectSame('stdout', result.stdout, 'out\n');
      expectSame('stderr', result.stderr, 'err\n');
    },
  },
  {
    name: 'words arrive as they are, whatever is in them',
    run: async ({ remote, signal }) => {
      const { stdout } = await remote.run(['printf', '%s|', ...awkwardWords], { collect: 'stdout', signal });
      expectSame('what arrived', stdout, awkwardWords.map((word) => `${word}|`).join(''));
    },
  },
  {
    name: 'raw words are left to the shell',
    run: async ({ remote, signal }) => {
      const words = ['echo', 'one two', new Raw('|'), 'wc', '-w'];
      const { stdout } = await remote.run(words, { collect: 'stdout', signal });
      expectSame('the count', stdout.trim(), '2');
    },
  },
  {
    name: 'folder and environment hold for every part of a compound command',
    run: async ({ remote, folder, signal }) => {
      const cwd = `${folder}/a folder`;
      await remote.run(['mkdir', '-p', cwd], { signal });
      const env = { GREETING: "it's  $HOME" };
      const command = 'pwd && printf "%s\\n" "$GREETING"; pwd';
      const { stdout } = await remote.run(command, { cwd, env, collect: 'stdout', signal });
      expectSame('the output', stdout, `${cwd}\n${env.GREETING}\n${cwd}\n`);
    },
  },
];

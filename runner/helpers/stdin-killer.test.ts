import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const shells = [['sh'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([program = '', ...args]) => spawnSync(program, [...args, '-c', 'true']).status === 0,
);
const [killer, limits] = ['stdin-killer', 'adjust-ulimits'].map((name) =>
  fileURLToPath(new URL(`./${name}.sh`, import.meta.url)),
) as [string, string];

describe.each(shells)('the helpers under %s %s', (...shell) => {
  const [program = 'sh', ...shellArgs] = shell.filter((word) => word !== undefined);

  /** Runs a helper; `input` null leaves its standard input open. */
  async function run(script: string, args: string[], input: string | null) {
    const child = spawn(program, [...shellArgs, script, ...args]);
    child.stdin.on('error', () => {});
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    if (input !== null) child.stdin.end(input);
    const [status, signal] = await once(child, 'close');
    child.stdin.end();
    return { status, signal, output };
  }

  test('stdin-killer hands on what it reads, and the words as they are', async () => {
    expect(await run(killer, ['cat'], 'hello')).toEqual({ status: 0, signal: null, output: 'hello' });
    const words = ['printf', '%s|', "it's", '', 'a  b', '$HOME'];
    expect(await run(killer, words, '')).toMatchObject({ status: 0, output: "it's||a  b|$HOME|" });
  });

  test.each([['self'], ['child']])(
    'stdin-killer with the group %s ends as its command does, by status or signal',
    async (group) => {
      const args = ['--setpgrp', group, 'sh', '-c'];
      expect(await run(killer, [...args, 'exit 7'], null)).toMatchObject({ status: 7 });
      const { status, signal } = await run(killer, [...args, 'kill -TERM $$'], null);
      expect(signal === 'SIGTERM' || status === 143).toBe(true);
    },
  );

  test.each([['self'], ['child']])(
    'stdin-killer with the group %s ends everything when its input has ended for so long',
    async (group) => {
      const script = 'sleep 1000 & echo $!; sleep 1000';
      const args = ['--timeout=0.3', '--signal', '15', `--setpgrp=${group}`, 'sh', '-c', script];
      const { status, signal, output } = await run(killer, args, '');
      expect(signal === 'SIGTERM' || status === 143).toBe(true);
      const pid = Number(output.split('\n')[0]);
      const isGone = `for try in $(seq 50); do grep -q ') [^Z]' /proc/${pid}/stat || exit 0; sleep 0.1; done; exit 1`;
      expect(spawnSync('sh', ['-c', isGone]).status).toBe(0);
    },
  );

  test('stdin-killer says what is wrong on its command line', async () => {
    expect(await run(killer, [], '')).toMatchObject({
      status: 2,
      output: 'stdin-killer: no command given\n',
    });
    expect(await run(killer, ['--setpgrp', 'x', 'true'], '')).toMatchObject({ status: 2 });
  });

  test('adjust-ulimits raises what it can, and runs the command in its place', async () => {
    const { status, output } = await run(
      limits,
      ['sh', '-c', 'test $(ulimit -n) = $(ulimit -Hn) || ulimit -n; ulimit -c; exit 3'],
      '',
    );
    expect([status, output]).toEqual([3, expect.stringMatching(/^(65536\n)?unlimited\n$/)]);
  });
});

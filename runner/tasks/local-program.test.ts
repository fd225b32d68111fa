import { describe, expect, test } from 'vitest';
import { LocalCommandFailedError, ProgramMissingError, runLocally } from './local-program.ts';

interface Outcome {
  readonly error: unknown;
  readonly output: string;
}

async function run(
  program: string,
  args: readonly string[],
  signal = new AbortController().signal,
): Promise<Outcome> {
  let output = '';
  const add = async (chunk: Buffer): Promise<void> => void (output += chunk.toString());
  try {
    await runLocally({ program, args, signal, output: add, advice: 'buy it' });
    return { error: null, output };
  } catch (error) {
    return { error, output };
  }
}

describe('a program on this machine', () => {
  test('gives its output, all of it', async () => {
    const { error, output } = await run('sh', ['-c', 'seq 1 100000; echo end >&2']);
    expect(error).toBe(null);
    expect(output.split('\n').filter((line) => line !== 'end')).toHaveLength(100_001);
    expect(output).toContain('end\n');
  });

  test('that fails is an error with its command and status', async () => {
    const { error } = await run('sh', ['-c', "exit 3 # it's"]);
    expect(error).toBeInstanceOf(LocalCommandFailedError);
    expect(error).toMatchObject({
      exitStatus: 3,
      message: String.raw`Command failed with status 3: 'sh -c \'exit 3 # it\'"\'"\'s\''`,
    });
  });

  test('that a signal ends is told apart', async () => {
    const { error } = await run('sh', ['-c', 'kill -KILL $$']);
    expect(error).toMatchObject({
      exitStatus: null,
      message: "Command ended by signal SIGKILL: 'sh -c 'kill -KILL $$''",
    });
  });

  test('that is missing says what to do', async () => {
    const { error } = await run('no-such-program', []);
    expect(error).toBeInstanceOf(ProgramMissingError);
    expect(error).toMatchObject({
      message: "'no-such-program' is not installed on the machine that runs this job: buy it",
    });
  });

  test('ends when it is told to, with the reason', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const running = run('sh', ['-c', 'echo started; exec sleep 1000'], stop.signal);
    setTimeout(() => stop.abort(reason), 100);
    expect((await running).error).toBe(reason);
  });
});

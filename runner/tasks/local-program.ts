import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { commandFailedText } from '../remote/failure-text.ts';
import { quoteCommand } from '../remote/quote.ts';

/** A program on this machine is not installed; the message says what to do. */
export class ProgramMissingError extends Error {
  override readonly name = 'ProgramMissingError';
  constructor(program: string, advice: string) {
    super(`'${program}' is not installed on the machine that runs this job: ${advice}`);
  }
}

/** A program on this machine ended with a status other than 0, or by a signal (then the status is null). */
export class LocalCommandFailedError extends Error {
  override readonly name = 'LocalCommandFailedError';
  readonly exitStatus: number | null;
  constructor(words: readonly string[], exitStatus: number | null, signal: string | null) {
    const command = quoteCommand(words);
    super(
      exitStatus === null
        ? `Command ended by signal ${signal}: '${command}'`
        : commandFailedText({ host: null, command, exitStatus }),
    );
    this.exitStatus = exitStatus;
  }
}

/**
 * Runs a program on this machine to its end and hands over its output, both streams as they come, one chunk at a time. An
 * aborted signal ends it with SIGTERM.
 */
export async function runLocally(params: {
  program: string;
  args: readonly string[];
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  signal: AbortSignal;
  output: (chunk: Buffer) => Promise<void>;
  advice: string; // how to install the program
}): Promise<void> {
  const { program, args, signal } = params;
  signal.throwIfAborted();
  const child = spawn(program, args, {
    cwd: params.cwd,
    env: { ...process.env, ...params.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  closed.catch(() => {}); // It is awaited below, unless handing over the output fails first.
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    await Promise.all([handOver(child.stdout, params.output), handOver(child.stderr, params.output)]);
    const [status, signalName] = await closed;
    if (signal.aborted) throw signal.reason;
    if (status !== 0) throw new LocalCommandFailedError([program, ...args], status, signalName);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new ProgramMissingError(program, params.advice);
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    child.kill('SIGKILL');
  }
}

async function handOver(stream: AsyncIterable<Buffer>, output: (chunk: Buffer) => Promise<void>): Promise<void> {
  for await (const chunk of stream) await output(chunk);
}

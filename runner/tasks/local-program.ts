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
 * Runs a program on this machine to its end and hands over its output, both streams as they come. An aborted signal ends it
 * with SIGTERM, and with SIGKILL if that is not minded within five seconds.
 */
export async function runLocally(params: {
  program: string;
  args: readonly string[];
  cwd?: string;
  env?: Readonly<Record<string, string>>; // on top of the caller's own
  signal: AbortSignal;
  output: (chunk: Buffer) => Promise<void>;
  advice: string; // how to install the program
}): Promise<void> {
  const { program, args, cwd, env = {}, signal, output } = params;
  signal.throwIfAborted();
  // Only here, because every job loads the tasks that could run a program here, and few do.
  const { execa } = await import('execa');
  const child = execa(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    stdin: 'ignore',
    buffer: false,
    reject: false,
    cancelSignal: signal,
  });
  const [result] = await Promise.all([child, handOver(child.stdout, output), handOver(child.stderr, output)]);
  if (signal.aborted) throw signal.reason;
  if (!result.failed) return;
  if (result.code === 'ENOENT') throw new ProgramMissingError(program, params.advice);
  throw new LocalCommandFailedError([program, ...args], result.exitCode ?? null, result.signal ?? null);
}

async function handOver(
  stream: AsyncIterable<Buffer>,
  output: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  for await (const chunk of stream) await output(chunk);
}

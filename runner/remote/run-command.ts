import type { Logger } from '../../core/ports/logger.ts';
import type { CommandHost, CommandRequest } from './process.ts';
import { startProcess } from './process.ts';
import type { Command, CommandResult, RemoteProcess, RunOptions, StartOptions } from './remote.ts';
import { commandText, shellLine } from './shell-line.ts';

/** A host that commands are sent to. */
export interface Shell extends CommandHost {
  readonly runLog: Logger; // teuthology.orchestra.run
  /** Whether the login shell becomes its last command; known once connected. */
  readonly execsLast: boolean;
}

const defaultCollectLimit = 64 * 1024 * 1024;

/** Runs a command to its end; see Remote.run. */
export async function runCommand(
  shell: Shell,
  command: Command,
  options: RunOptions = {},
): Promise<CommandResult> {
  const { collect, collectLimit = defaultCollectLimit } = options;
  const process = await startProcess(shell, {
    ...request(shell, command, options),
    urgency: 'run',
    input: options.stdin,
    limits: {
      stdout: collect === 'stdout' || collect === 'both' ? collectLimit : null,
      stderr: collect === 'stderr' || collect === 'both' ? collectLimit : null,
    },
  });
  return await process.wait();
}

/** Starts a command that may stay for long; see Remote.start. */
export async function startCommand(
  shell: Shell,
  command: Command,
  options: StartOptions = {},
): Promise<RemoteProcess> {
  return await startProcess(shell, {
    ...request(shell, command, options),
    urgency: 'background',
    input: options.stdin ?? 'closed',
    limits: { stdout: null, stderr: null },
  });
}

function request(
  shell: Shell,
  command: Command,
  options: Omit<StartOptions, 'stdin'>,
): Omit<CommandRequest, 'urgency' | 'input' | 'limits'> {
  const text = commandText(command, options.cwd);
  const line = shellLine({
    command,
    cwd: options.cwd,
    env: options.env,
    marker: shell.marker,
    execsLast: shell.execsLast,
  });
  const label = options.label ?? null;
  echo(shell, text, label);
  if (options.timeoutMs !== undefined) {
    shell.runLog.info(`Running command with timeout ${options.timeoutMs / 1000}`);
  }
  const streams = (options.logger ?? shell.runLog).child(shell.host);
  return {
    line,
    text,
    label,
    logLine: options.quiet === true ? null : lineLoggers(streams),
    onStdout: options.onStdout,
    onStderr: options.onStderr,
    check: options.check ?? true,
    timeoutMs: options.timeoutMs,
    signal: options.signal,
  };
}

/** One line of log for each line of the command, with the label before the mark. */
function echo(shell: Shell, text: string, label: string | null): void {
  const log = shell.runLog.child(shell.host);
  for (const line of text.split('\n')) log.debug(`${label ?? ''}> ${line}`);
}

function lineLoggers(parent: Logger): CommandRequest['logLine'] {
  const stdout = parent.child('stdout');
  const stderr = parent.child('stderr');
  return { stdout: (line) => stdout.info(line), stderr: (line) => stderr.info(line) };
}

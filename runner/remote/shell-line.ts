import { quoteCommand, quoteWord } from './quote.ts';
import type { Command } from './remote.ts';

/** A command as it is shown in logs and errors: the text of a string, the quoted words of a list. */
export function commandText(command: Command, cwd: string | undefined): string {
  const text = quoteCommand(command);
  return cwd === undefined ? text : `cd ${quoteWord(cwd)} && ${text}`;
}

/** More than this does not fit into one argument of a process on Linux, which is how a server hands a command to the login shell. */
export const longestCommand = 120_000;

/** A command that no Linux host could start. */
export class CommandTooLongError extends Error {
  override readonly name = 'CommandTooLongError';
  constructor(length: number) {
    super(
      `Command of ${length} bytes is longer than the ${longestCommand} that a host accepts: put it into a file with writeFile`,
    );
  }
}

export interface ShellLineParams {
  readonly command: Command;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>> | undefined;
  readonly marker: string; // words before the process id in the first line of stderr
  readonly execsLast: boolean; // whether the login shell becomes its last command
}

/**
 * What is sent to the host: announces the shell's process id on stderr, sets directory and environment, and leaves the command the last word,
 * so that quoting, exit status and signal are those of the command alone, also when it consists of several. A shell that only becomes
 * its command when it has no other (bash before 5.1) is replaced by a new one, else a signal would be reported as a status.
 */
export function shellLine(params: ShellLineParams): string {
  const text = quoteCommand(params.command);
  const steps = [`echo ${quoteWord(params.marker)}$$ >&2`];
  if (params.cwd !== undefined) steps.push(`cd -- ${quoteWord(params.cwd)} || exit`);
  const env = Object.entries(params.env ?? {});
  if (env.length > 0) steps.push(`export ${env.map(assignment).join(' ')}`);
  steps.push(params.execsLast ? text : `exec "\${SHELL:-/bin/sh}" -c ${quoteWord(text)}`);
  const line = steps.join('; ');
  const length = Buffer.byteLength(line);
  if (length > longestCommand) throw new CommandTooLongError(length);
  return line;
}

function assignment([name, value]: [string, string]): string {
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new TypeError(`'${name}' is not the name of an environment variable`);
  return `${name}=${quoteWord(value)}`;
}

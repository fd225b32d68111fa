import type { ConnectionPool } from './connection-pool.ts';
import { plainExec } from './plain-exec.ts';
import { TransportError } from './transport-errors.ts';

/** What is learnt of the login once, when a host is first connected. */
export interface Login {
  readonly home: string;
  /** Whether its shell becomes the last command of a line: bash does since 5.1, dash does not. */
  readonly execsLast: boolean;
}

/** The login works, but its shell does not run commands as a POSIX shell does. */
class LoginShellError extends TransportError {
  override readonly name = 'LoginShellError';
}

const probe = `printf '\\nloligo-login %s %s\\n' "$$" "$HOME"; cut -d ' ' -f 1 /proc/self/stat`;
const answerMs = 60_000;

/** Asks the login shell for its home, and compares its process id with that of its last command. */
export async function probeLogin(pool: ConnectionPool, host: string): Promise<Login> {
  const { stdout, stderr } = await plainExec(pool, probe, { timeoutMs: answerMs });
  const match = /\nloligo-login (\d+) (.*)\n(\d*)\n?$/.exec(stdout);
  if (match?.[1] === undefined || match[2] === undefined) {
    const said = `${stdout}${stderr}`.trim().slice(0, 200);
    throw new LoginShellError(
      host,
      `The login shell on ${host} is not a POSIX shell on Linux: it says '${said}'`,
    );
  }
  return { home: match[2], execsLast: match[1] === match[3] };
}

/** Whether the connection is up and answers; does not make one. */
export async function isOnline(pool: ConnectionPool): Promise<boolean> {
  if (!pool.connected) return false;
  try {
    return (await plainExec(pool, 'true', { timeoutMs: answerMs, urgency: 'kill' })).exitStatus === 0;
  } catch {
    return false;
  }
}

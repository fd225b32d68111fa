import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * A process, told apart from any later one that gets the same pid: `pid PID STARTED`. `STARTED` is the start time in clock
 * ticks since boot and the boot's id, from /proc; elsewhere what `ps` prints. Null when the process does not run; one
 * that has ended and is only waiting to be reaped does not.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  const started = process.platform === 'linux' ? await startFromProc(pid) : await startFromPs(pid);
  return started === null ? null : `pid ${pid} ${started}`;
}

/** The pid in an identity; null when the text is none. */
export function pidOf(identity: string): number | null {
  const match = /^pid (\d+) /.exec(identity);
  return match === null ? null : Number(match[1]);
}

async function startFromProc(pid: number): Promise<string | null> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return null;
    throw error;
  });
  if (line === null) return null;
  // The command's name stands in parentheses and may hold anything; state is the first field behind it, start time the 20th.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === 'Z' || state === 'X') return null;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return `${fields[19]}@${boot.slice(0, 8)}`;
}

async function startFromPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('env', [
      'LC_ALL=C',
      'ps',
      '-o',
      'stat=,lstart=',
      '-p',
      String(pid),
    ]);
    const [state = '', ...started] = stdout.trim().split(/\s+/);
    return state === '' || state.startsWith('Z') ? null : started.join('_');
  } catch (error) {
    // ps exits with 1 when there is no such process.
    if (error instanceof Error && 'code' in error && error.code === 1) return null;
    throw error;
  }
}

import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { TaskContext } from '../engine/task.ts';
import type { Raw } from '../remote/quote.ts';
import type { Remote } from '../remote/remote.ts';

/** The helper on one host: what keeps a daemon on the leash of its standard input. */
export interface DaemonHelper {
  /** Words that run a command under the helper. `end` is the signal that the end of standard input means; with `group` it goes to everything that the command started. */
  command(
    words: readonly (string | Raw)[],
    params: { end: 'term' | 'kill'; group: boolean },
  ): (string | Raw)[];
}

const script = new URL('./daemon-helper.sh', import.meta.url);

// A folder of its own, outside of the test folder: leftovers there fail the job, and daemons may outlive its removal.
const unpack = `dir=$(mktemp -d "\${TMPDIR:-/tmp}/daemon-helper.XXXXXX") && cat >"$dir/daemon-helper" && printf %s "$dir"`;

/**
 * Copies the daemon helper to a host (one command), to be removed when the task's list unwinds. Start what it runs with
 * `stdin: 'pipe'`: closing that, or losing the connection, ends it.
 */
export async function shipDaemonHelper(
  ctx: Pick<TaskContext, 'defer' | 'signal'>,
  remote: Remote,
): Promise<DaemonHelper> {
  const text = await readFile(script, 'utf8');
  const folder = await remote.sh(unpack, { stdin: text, quiet: true, signal: ctx.signal });
  ctx.defer(async () => {
    await remote.run(['rm', '-rf', '--', folder], { timeoutMs: 60_000 });
  });
  const path = posix.join(folder, 'daemon-helper');
  return {
    command: (words, { end, group }) => ['sh', path, end, ...(group ? ['--kill-group'] : []), ...words],
  };
}

import type { Remote } from '../../remote/remote.ts';
import { CommandFailedError } from '../../remote/command-errors.ts';
import { BrokenHostError } from '../../remote/transport-errors.ts';
import { quoteWord } from '../../remote/quote.ts';
import type { Task } from '../../engine/task.ts';

const mostNamed = 10;

/** Tasks left files in the test directory. */
class LeftBehindError extends Error {
  override readonly name = 'LeftBehindError';
}

/**
 * Makes the test directory on every host, and sees that it can be written to: a host whose disk is full or read-only makes the
 * job dead. Taking the directory away fails when anything is left in it: that is how leaks are found, so the
 * failure names what was left.
 */
export const base: Task = async (ctx) => {
  ctx.log.info('Creating test directory...');
  ctx.defer(async () => {
    ctx.log.info('Tidying up after the test...');
    await ctx.cluster.each(removeEmpty);
  });
  await ctx.cluster.each(async (remote) => {
    await makeWritable(remote);
  });
};

const brokenDisk =
  /No space left on device|Read-only file system|Input\/output error|Structure needs cleaning/i;

async function makeWritable(remote: Remote): Promise<void> {
  const dir = quoteWord(remote.testDir);
  const probe = quoteWord(`${remote.testDir}/.write-check`);
  // A directory can often be made where no byte can be written any more.
  const script = `mkdir -p -m0755 -- ${dir} && head -c 65536 /dev/zero >${probe} && rm -f -- ${probe}`;
  try {
    await remote.run(script, { collect: 'stderr', label: 'make the test directory' });
  } catch (cause) {
    const complaint =
      cause instanceof CommandFailedError
        ? cause.stderr.split('\n').find((line) => brokenDisk.test(line))
        : undefined;
    if (complaint === undefined) throw cause;
    throw new BrokenHostError(
      remote.shortname,
      `${remote.testDir} on ${remote.shortname} cannot be written to: ${complaint}`,
      {
        cause,
      },
    );
  }
}

async function removeEmpty(remote: Remote): Promise<void> {
  const dir = quoteWord(remote.testDir);
  try {
    await remote.run(`find ${dir} -ls ; rmdir -- ${dir}`);
  } catch (error) {
    if (!(error instanceof CommandFailedError)) throw error;
    const names = await leftIn(remote);
    if (names.length === 0) throw error;
    const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
    const list = names.slice(0, mostNamed).join(', ') + more;
    throw new LeftBehindError(`${error.message} (left in ${remote.testDir}: ${list})`, { cause: error });
  }
}

/** Up to a hundred paths below the test directory, relative to it. */
async function leftIn(remote: Remote): Promise<string[]> {
  const script = `cd ${quoteWord(remote.testDir)} && find . -mindepth 1 -maxdepth 3 | head -n 100`;
  const listing = await remote.sh(script, { quiet: true, check: false });
  return listing
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^\.\//, ''))
    .sort();
}

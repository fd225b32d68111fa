import type { Remote } from '../../remote/remote.ts';
import { CommandFailedError } from '../../remote/command-errors.ts';
import { quoteWord } from '../../remote/quote.ts';
import type { Task } from '../../engine/task.ts';
import { dropArchiveDirectory, makeTestDirectory } from './test-directory.ts';

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
  await ctx.cluster.each(makeTestDirectory);
};

async function removeEmpty(remote: Remote): Promise<void> {
  const dir = quoteWord(remote.testDir);
  try {
    await dropArchiveDirectory(remote);
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

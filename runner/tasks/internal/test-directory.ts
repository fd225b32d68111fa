import { CommandFailedError } from '../../remote/command-errors.ts';
import { quoteWord } from '../../remote/quote.ts';
import type { Remote } from '../../remote/remote.ts';
import { BrokenHostError } from '../../remote/transport-errors.ts';

/** Where what ends up in the job's archive is kept on a host. */
export const archiveDirectory = (remote: Remote): string => `${remote.testDir}/archive`;

const made = new WeakMap<Remote, Promise<void>>();
const adopted = new WeakSet<Remote>();

/** Says that the caller takes the archive directory of a host away. */
export function adoptArchiveDirectory(remote: Remote): void {
  adopted.add(remote);
}

/** Takes away the empty archive directory of a job that did not come to the task that adopts it; costs nothing after that. */
export async function dropArchiveDirectory(remote: Remote): Promise<void> {
  if (adopted.has(remote)) return;
  await remote.run(['rmdir', '--', archiveDirectory(remote)], { check: false, quiet: true });
}

/**
 * Makes the test directory of a host with the archive directory in it, and sees that it can be written to: a host whose disk is full or
 * read-only makes the job dead. One command, for whoever asks first.
 */
export function makeTestDirectory(remote: Remote): Promise<void> {
  const making = made.get(remote) ?? make(remote);
  made.set(remote, making);
  return making;
}

const brokenDisk =
  /No space left on device|Read-only file system|Input\/output error|Structure needs cleaning/i;

async function make(remote: Remote): Promise<void> {
  const dir = quoteWord(remote.testDir);
  const probe = quoteWord(`${remote.testDir}/.write-check`);
  // A directory can often be made where no byte can be written any more.
  const script = `install -d -m0755 -- ${dir} ${quoteWord(archiveDirectory(remote))} && head -c 65536 /dev/zero >${probe} && rm -f -- ${probe}`;
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
      { cause },
    );
  }
}

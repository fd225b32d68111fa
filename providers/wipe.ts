import { execFile } from 'node:child_process';
import { chmod, lstat, readFile, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A file system is mounted below a folder that must be removed, and could not be unmounted. */
class MountedBelowError extends Error {
  override readonly name = 'MountedBelowError';
  constructor(folder: string, mounts: readonly string[]) {
    super(`${folder} is not removed: something is still mounted on ${mounts.join(', ')}`);
  }
}

/**
 * Removes a folder with all that is in it. What is mounted below it is unmounted first and never entered: with root, a test may have
 * bound the whole machine into its home. A folder that is not there is fine.
 */
export async function wipe(path: string): Promise<void> {
  const folder = await realpath(path).catch(() => null);
  if (folder === null) return;
  for (const mount of await mountsBelow(folder)) {
    await promisify(execFile)('umount', ['-l', mount]).catch(() => undefined);
  }
  const left = await mountsBelow(folder);
  if (left.length > 0) throw new MountedBelowError(folder, left);
  await rm(folder, { recursive: true, force: true }).catch(async () => {
    await makeWritable(folder);
    await rm(folder, { recursive: true, force: true });
  });
}

/** Deepest first. */
async function mountsBelow(folder: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8))),
    )
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length);
}

/** A user without root cannot remove files from a folder of his own that lacks the write bit. */
async function makeWritable(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) return;
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}

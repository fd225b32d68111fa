import { rm } from 'node:fs/promises';
import { git } from './git-command.ts';

const checkoutMs = 10 * 60_000;

/** Writes the tree of a commit that is in the cache into an empty folder, as `git checkout` would; submodules stay empty. */
export async function writeCommit(params: { gitDir: string; sha1: string; folder: string }): Promise<void> {
  const { gitDir, sha1, folder } = params;
  const index = `${folder}.index`; // Beside the folder: the repository's own is not touched, so that many may do this at once.
  const call = { gitDir, deadlineMs: checkoutMs, env: { GIT_INDEX_FILE: index, GIT_WORK_TREE: folder } };
  try {
    await git({ ...call, args: ['read-tree', sha1] });
    await git({ ...call, args: ['checkout-index', '--all', '--quiet', `--prefix=${folder}/`] });
  } finally {
    await rm(index, { force: true });
    await rm(`${index}.lock`, { force: true });
  }
}

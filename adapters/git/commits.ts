import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Commits } from '../../core/ports/commits.ts';
import { GitFailedError, git } from './git-command.ts';
import { parseLocation, shownLocation } from './location.ts';
import { resolveRef } from './remote-refs.ts';
import { LocationError, RefNotFoundError, UnreadableRepositoryError } from './source-errors.ts';

const askMs = 60_000;
const fetchMs = 5 * 60_000;

/**
 * Asks repositories with the git program. `head` costs one question to the server; the others fetch commits without their trees into
 * a scratch repository that is removed again, which takes seconds for a large repository.
 */
export function gitCommits(): Commits {
  return {
    head: async (repo, branch) => await inScratch(repo, async (scratch) => await head(scratch, branch)),
    has: async (repo, sha1) =>
      await inScratch(repo, async (scratch) => (await history(scratch, { sha1, depth: 1 })) !== null),
    parents: async (repo, sha1, count) =>
      await inScratch(repo, async (scratch) => {
        const commits = await history(scratch, { sha1, depth: count + 1 });
        return (commits ?? []).slice(1, count + 1);
      }),
  };
}

interface Scratch {
  readonly gitDir: string;
  readonly url: string;
  readonly shown: string;
}

async function inScratch<T>(repo: string, act: (scratch: Scratch) => Promise<T>): Promise<T> {
  const location = parseLocation(repo, 'HEAD');
  if (location.kind !== 'repository')
    throw new LocationError(`'${shownLocation(repo)}' is no git repository`);
  const gitDir = await mkdtemp(join(tmpdir(), 'loligo-commits-'));
  try {
    await git({ gitDir, args: ['init', '--bare', '--quiet', '--template=', gitDir], deadlineMs: askMs });
    return await act({ gitDir, url: location.url, shown: location.shown });
  } finally {
    await rm(gitDir, { recursive: true, force: true });
  }
}

async function head({ gitDir, url, shown }: Scratch, branch: string): Promise<string | null> {
  try {
    return (await resolveRef({ gitDir, url, shown, ref: branch, deadlineMs: askMs })).sha1;
  } catch (error) {
    if (error instanceof RefNotFoundError) return null;
    throw error;
  }
}

/** A commit and those before it along first parents; null when the repository does not give it out. */
async function history(
  { gitDir, url, shown }: Scratch,
  { sha1, depth }: { sha1: string; depth: number },
): Promise<string[] | null> {
  if (!/^[0-9a-f]{40}$/i.test(sha1)) return null;
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--filter=tree:0'];
  const fetch = ['fetch', ...options, `--depth=${depth}`, '--', url, `+${sha1}:refs/asked`];
  const all = ['fetch', ...options, '--', url, '+refs/heads/*:refs/heads/*'];
  await git({ gitDir, args: fetch, deadlineMs: fetchMs }).catch(async (cause: unknown) => {
    if (!(cause instanceof GitFailedError)) throw cause;
    // Not every server gives out commits by their sha1; then the branches must have it.
    await git({ gitDir, args: all, deadlineMs: fetchMs }).catch((error: unknown) => {
      throw error instanceof GitFailedError
        ? new UnreadableRepositoryError({ repository: shown, reason: error.reason, cause: error })
        : error;
    });
  });
  const list = ['rev-list', '--first-parent', `--max-count=${depth}`, sha1, '--'];
  // Trees that were not fetched must not be asked for on the way.
  const listed = await git({ gitDir, args: list, deadlineMs: askMs, env: { GIT_NO_LAZY_FETCH: '1' } }).catch(
    (cause: unknown) => {
      if (cause instanceof GitFailedError) return null;
      throw cause;
    },
  );
  return listed === null
    ? null
    : listed
        .toString()
        .split('\n')
        .filter((line) => line !== '');
}

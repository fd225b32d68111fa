import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { TaskContext } from '../../engine/task.ts';
import { LocalCommandFailedError, runLocally } from '../local-program.ts';
import { revisionOf } from './workunit-arguments.ts';
import type { WorkunitConfig } from './workunit-arguments.ts';

/** Where the workunits of a job are on this machine. */
export interface WorkunitTree {
  readonly folder: string;
  readonly revision: string; // for CEPH_REF
}

/** There are no workunits where they should be. */
export class NoWorkunitsError extends Error {
  override readonly name = 'NoWorkunitsError';
}

/**
 * Gets the workunits: from a git repository once a job, at the revision that the config means, or from a folder as it is. The hosts need
 * no git. The copy is removed when the task unwinds.
 */
export async function findWorkunits(ctx: TaskContext, config: WorkunitConfig): Promise<WorkunitTree> {
  const revision = revisionOf(config);
  const repo = config.repo ?? textOrNull(ctx.job['suite_repo']);
  const suitePath = ctx.options.suitePath ?? textOrNull(ctx.job['suite_path']);
  if (repo !== null && !(existsSync(repo) && !existsSync(join(repo, '.git')))) {
    const clone = await fetchTree(ctx, repo, revision);
    return { folder: inside(clone, config.basedir, `${repo} at ${revision}`), revision };
  }
  const folder = repo ?? suitePath;
  if (folder === null)
    throw new NoWorkunitsError(
      'workunit: nothing says where the workunits are: give `repo`, or run the job with suite_repo or suite_path',
    );
  // `suite_path` is the folder of the suites, which is `qa` of the tree in Ceph's own repository.
  const near = [folder, dirname(resolve(folder))].map((parent) => join(parent, config.basedir));
  const found = near.find((path) => existsSync(path));
  if (found === undefined)
    throw new NoWorkunitsError(`workunit: there is no '${config.basedir}' in ${folder}`);
  return { folder: found, revision };
}

function inside(tree: string, basedir: string, name: string): string {
  const folder = resolve(tree, basedir);
  if (folder.startsWith(tree) && existsSync(folder)) return folder;
  throw new NoWorkunitsError(`workunit: there is no '${basedir}' in ${name}`);
}

async function fetchTree(ctx: TaskContext, repo: string, revision: string): Promise<string> {
  const clone = await mkdtemp(join(tmpdir(), 'workunits-'));
  ctx.defer(() => rm(clone, { recursive: true, force: true }));
  let said = '';
  const git = async (...args: string[]): Promise<void> =>
    await runLocally({
      program: 'git',
      args: ['-C', clone, ...args],
      env: { GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
      signal: ctx.signal,
      output: async (chunk) => void (said += chunk.toString()),
      advice: 'install git',
    });
  ctx.log.info(`Pulling workunits from ref ${revision}`);
  try {
    await git('init', '--quiet');
    try {
      await git('fetch', '--quiet', '--depth', '1', repo, revision);
    } catch (error) {
      // Some servers give no single commit by its hash, only what branches and tags lead to.
      if (!(error instanceof LocalCommandFailedError) || !/^[0-9a-f]{7,64}$/.test(revision)) throw error;
      await git('fetch', '--quiet', '--tags', repo, '+refs/heads/*:refs/remotes/origin/*');
      await git('checkout', '--quiet', '--detach', revision);
      return clone;
    }
    await git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
    return clone;
  } catch (error) {
    if (!(error instanceof LocalCommandFailedError)) throw error;
    const name = repo.replace(/\/+$/, '').split(/[/:]/).at(-1) ?? repo;
    const missing = /couldn't find remote ref|did not match any file|not our ref|unable to read tree/.test(
      said,
    );
    throw new NoWorkunitsError(
      missing
        ? `'${revision}' not found in repo: ${name}!`
        : `workunit: ${repo} cannot be read: ${said.trim().split('\n').at(-1)}`,
      { cause: error },
    );
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

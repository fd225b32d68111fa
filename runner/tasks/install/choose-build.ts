import type { TaskContext } from '../../engine/task.ts';
import { findBuild, VersionNotFoundError } from '../../packages/builder.ts';
import type { Build, BuildQuery } from '../../packages/builder.ts';
import type { Remote } from '../../remote/remote.ts';
import { attempts } from '../../remote/retry.ts';
import { runLocally } from '../local-program.ts';
import { TaskConfigError } from '../task-config.ts';
import { flavorOf } from './install-arguments.ts';
import type { InstallConfig } from './install-arguments.ts';

/** The build that a config means for a host; null = it names no builder, or repositories of its own. A branch and a tag become a commit here. */
export async function chooseBuild(
  ctx: TaskContext,
  config: InstallConfig,
  remote: Remote,
): Promise<Build | null> {
  const endpoint = config.shaman['endpoint'] ?? null;
  if (config.repos !== null || endpoint === null) return null;
  if (typeof endpoint !== 'string' || !/^https?:\/\//.test(endpoint))
    throw new TaskConfigError({
      task: 'install',
      path: 'shaman.endpoint',
      expected: 'a URL',
      given: endpoint,
    });
  const { tag, branch, sha1, project } = config;
  const ref =
    tag !== null
      ? { sha1: await commitOfTag(ctx, tag) }
      : branch === null && sha1 !== null
        ? { sha1 }
        : { branch: branch ?? 'main' };
  const [os, arch] = await Promise.all([remote.os(), remote.arch()]);
  const query: BuildQuery = {
    endpoint,
    project,
    flavor: flavorOf(config),
    os,
    arch,
    ref,
    signal: ctx.signal,
  };
  const build = config.wait_for_package ? await waitForBuild(ctx, query) : await findBuild(query);
  ctx.log.info(`${remote.shortname}: ${project} ${build.version} is commit ${build.sha1}`);
  return build;
}

/** A commit may be still in the making. `sleep` is in seconds. Throws the last VersionNotFoundError when the tries are used up. */
export async function waitForBuild(
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
  query: BuildQuery,
  { sleep = 15, tries = 10 } = {},
): Promise<Build> {
  for await (const attempt of attempts({ sleep, tries: 0, action: 'wait for packages', signal })) {
    try {
      return await findBuild(query);
    } catch (error) {
      if (!(error instanceof VersionNotFoundError) || attempt >= tries) throw error;
      log.info(`${error.message}: asking again in ${sleep} s (try ${attempt} of ${tries})`);
    }
  }
  throw new Error('unreachable: attempts without a limit end by return or throw');
}

async function commitOfTag(ctx: TaskContext, tag: string): Promise<string> {
  const repo = ctx.job['repo'];
  if (typeof repo !== 'string')
    throw new TaskConfigError({
      task: 'install',
      path: 'tag',
      expected: 'in a job with `repo`, the git repository that has it',
      given: tag,
    });
  let listed = '';
  await runLocally({
    program: 'git',
    args: ['ls-remote', '--', repo, `refs/tags/${tag}`, `refs/tags/${tag}^{}`],
    env: { GIT_TERMINAL_PROMPT: '0' },
    signal: ctx.signal,
    output: async (chunk) => void (listed += chunk.toString()),
    advice: 'install git',
  });
  // The second line of an annotated tag is the commit.
  const sha1 = [...listed.matchAll(/^([0-9a-f]{40,64})\s/gm)].at(-1)?.[1];
  if (sha1 === undefined) throw new VersionNotFoundError(`${repo} (tag ${tag})`);
  return sha1;
}

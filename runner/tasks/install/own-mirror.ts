import type { Repository } from '../../packages/package-manager.ts';
import type { Remote } from '../../remote/remote.ts';
import { TaskConfigError } from '../task-config.ts';
import type { WantedRepository } from './repositories.ts';

/**
 * Gives repositories without a URL that of the mirror from which a host has its own release: all releases of a distribution are on it. Asks the
 * host once, and only when there is such a repository.
 */
export async function withUrls(
  remote: Remote,
  repositories: readonly WantedRepository[],
): Promise<Repository[]> {
  const mirror = repositories.some(({ url }) => url === null) ? await mirrorOf(remote) : null;
  return repositories.map((repository, index) => {
    const url = repository.url ?? mirror;
    if (url === null)
      throw new TaskConfigError({
        task: 'install',
        path: `repos[${index}].url`,
        expected: `a URL, since ${remote.shortname} names no mirror that has its own release`,
        given: null,
      });
    return { ...repository, url };
  });
}

async function mirrorOf(remote: Remote): Promise<string | null> {
  const { codename, packageType } = await remote.os();
  if (packageType !== 'deb') return null;
  const format = '$(RELEASE) $(COMPONENT) $(REPO_URI)';
  const words = ['apt-get', 'indextargets', '--format', format, 'Created-By: Packages'];
  const { stdout } = await remote.run(words, { collect: 'stdout', quiet: true, check: false });
  const lines = stdout.split('\n').map((line) => line.split(' '));
  return lines.find(([release, component]) => release === codename && component === 'main')?.[2] ?? null;
}

import type { PlainValue } from '../../../core/config/yaml-value.ts';
import type { Repository } from '../../packages/package-manager.ts';
import { taskArguments, argument, required } from '../args.ts';
import { count, optional, text, texts } from '../argument-kinds.ts';
import { TaskConfigError } from '../task-config.ts';

const repositoryArguments = taskArguments('install', {
  name: required({ usage: 'of its files on the host', kind: text }),
  url: argument({
    usage: 'where it is; deb, with a suite: default the mirror that the host has its own release from',
    kind: optional(text),
    fallback: null,
  }),
  priority: argument({
    usage: '1 wins over all others, 99 over the distribution only',
    kind: optional(count),
    fallback: null,
  }),
  key: argument({ usage: 'its public key, as text or URL', kind: optional(text), fallback: null }),
  suite: argument({
    usage: 'deb only: the release; default: packages are directly below the URL',
    kind: optional(text),
    fallback: null,
  }),
  components: argument({ usage: 'deb only, with a suite', kind: texts, fallback: ['main'] }),
});

/** A repository as a config names it. */
export interface WantedRepository extends Omit<Repository, 'url'> {
  readonly url: string | null; // null = the mirror that a host has its own release from
}

/** The repositories of a config. */
export function readRepositories(entries: readonly PlainValue[]): WantedRepository[] {
  return entries.map((entry, index) => {
    const { url, ...repository } = repositoryArguments.read(entry);
    const at = (key: string): { task: string; path: string } => ({
      task: 'install',
      path: `repos[${index}].${key}`,
    });
    if (!/^[A-Za-z0-9][\w.-]*$/.test(repository.name))
      throw new TaskConfigError({
        ...at('name'),
        expected: 'letters, digits, dots and dashes',
        given: repository.name,
      });
    if (url === null ? repository.suite === null : !URL.canParse(url) || /[\s\]]/.test(url))
      throw new TaskConfigError({ ...at('url'), expected: 'a URL', given: url });
    return { ...repository, url };
  });
}

import type { PlainValue } from '../../../core/config/yaml-value.ts';
import { argument, taskArguments } from '../args.ts';
import type { ArgumentValues } from '../args.ts';
import { flag, list, map, optional, text } from '../argument-kinds.ts';
import type { ArgumentKind } from '../argument-kinds.ts';
import { isConfigMap } from '../task-config.ts';

/** Names of packages for each family of distributions. */
export interface PackageLists {
  readonly deb: readonly string[];
  readonly rpm: readonly string[];
}

const packageLists: ArgumentKind<PackageLists> = {
  name: 'a list of packages, or a map {deb: [...], rpm: [...]} of lists',
  read(value) {
    if (!isConfigMap(value)) {
      const both = names(value);
      return both && { deb: both, rpm: both };
    }
    if (Object.keys(value).some((key) => key !== 'deb' && key !== 'rpm')) return undefined;
    const [deb, rpm] = [names(value['deb'] ?? []), names(value['rpm'] ?? [])];
    return deb && rpm && { deb, rpm };
  },
};

function names(value: PlainValue): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return undefined;
  const found = value.filter((item) => typeof item === 'string');
  return found.length === value.length && found.every((name) => /^[\w@/][^\s;|&]*$/.test(name))
    ? found
    : undefined;
}

/** A branch, tag or hash. YAML makes a number of a hash of digits only. */
const revision: ArgumentKind<string> = {
  name: 'a string',
  read: (value) => (typeof value === 'number' ? String(value) : value === '' ? undefined : text.read(value)),
};

const none: PackageLists = { deb: [], rpm: [] };

const table = {
  project: argument({ usage: 'what is installed', kind: text, fallback: 'ceph' }),
  branch: argument({
    usage: 'of the builder; the last commit that was built',
    kind: optional(revision),
    fallback: null,
  }),
  tag: argument({ usage: 'of the project; wins over `branch`', kind: optional(revision), fallback: null }),
  sha1: argument({
    usage: 'the commit; `branch` and `tag` win over it',
    kind: optional(revision),
    fallback: null,
  }),
  flavor: argument({ usage: 'of the build', kind: text, fallback: 'default' }),
  packages: argument({
    usage: 'instead of the usual packages',
    kind: optional(packageLists),
    fallback: null,
  }),
  extra_packages: argument({
    usage: 'more packages, of the same version',
    kind: packageLists,
    fallback: none,
  }),
  extra_system_packages: argument({
    usage: 'more packages, of whatever version the distribution has',
    kind: packageLists,
    fallback: none,
  }),
  exclude_packages: argument({ usage: 'packages to leave out', kind: packageLists, fallback: none }),
  install_ceph_packages: argument({
    usage: 'when false, only librados2 and ceph-test are installed',
    kind: flag,
    fallback: true,
  }),
  debuginfo: argument({
    usage: 'whether packages of debug symbols are kept in the list',
    kind: flag,
    fallback: false,
  }),
  downgrade_packages: argument({ usage: 'packages to downgrade first', kind: packageLists, fallback: none }),
  repos: argument({
    usage:
      'repositories to install from: maps of `name`, `url`, and if needed `priority`, `key`, `suite`, `components`',
    kind: optional(list),
    fallback: null,
  }),
  repos_only: argument({ usage: 'add the repositories and install nothing', kind: flag, fallback: false }),
  cleanup: argument({
    usage: 'remove the packages in the end; default: where the host is used again',
    kind: optional(flag),
    fallback: null,
  }),
  shaman: argument({
    usage: '`{endpoint: URL}` of a builder with the search of shaman, whose packages are installed',
    kind: map,
    fallback: {},
  }),
  wait_for_package: argument({
    usage: 'ask a builder that has no such packages yet ten times, every 15 s, instead of once',
    kind: flag,
    fallback: false,
  }),
  path: argument({
    usage: 'packages that the job brings along: the flavor is `local`',
    kind: optional(text),
    fallback: null,
  }),
  valgrind: argument({ usage: 'the flavor is `notcmalloc`', kind: flag, fallback: false }),
  coverage: argument({ usage: 'the flavor is `gcov`', kind: flag, fallback: false }),
};

/** The keys of `install`. */
export const installArguments = taskArguments('install', table);

export type InstallConfig = ArgumentValues<typeof table>;

/** The flavor of the packages, as the summary names it. */
export function flavorOf({ flavor, path, valgrind, coverage }: InstallConfig): string {
  if (path !== null) return 'local';
  if (valgrind) return 'notcmalloc';
  return coverage ? 'gcov' : flavor;
}

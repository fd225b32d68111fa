import { CommandFailedError } from '../remote/command-errors.ts';
import type { CommandResult, Remote } from '../remote/remote.ts';
import { NoRoomError, PackageNotFoundError, RepositoryUnreachableError } from './package-errors.ts';
import type { PackageManager, PackageManagerOptions, PackageWish, Repository } from './package-manager.ts';
import { runPatiently } from './run-patiently.ts';

const later =
  /status code: 503|failed to download metadata for repo|waiting for process with pid|system management is locked/i;

/** The words of the program that a family of rpm distributions has. */
interface Dialect {
  readonly folder: string; // of repository files
  readonly update: readonly string[];
  readonly install: readonly string[];
  readonly upgrade: readonly string[];
  readonly downgrade: readonly string[];
  readonly installFiles: readonly string[];
  readonly remove: readonly string[];
}

const yum: Dialect = {
  folder: '/etc/yum.repos.d',
  update: ['yum', 'clean', 'all'],
  install: ['yum', '-y', 'install'],
  upgrade: ['yum', '-y', 'upgrade'],
  downgrade: ['yum', '-y', 'downgrade'],
  installFiles: ['yum', '-y', 'install'],
  remove: ['yum', '-y', 'remove'],
};

const zypper: Dialect = {
  folder: '/etc/zypp/repos.d',
  update: ['zypper', '-n', '--gpg-auto-import-keys', 'refresh'],
  install: ['zypper', '-n', '--no-gpg-checks', 'install', '--force', '--no-recommends'],
  upgrade: ['zypper', '-n', '--no-gpg-checks', 'install', '--capability', '--no-recommends'],
  downgrade: ['zypper', '-n', '--no-gpg-checks', 'install', '--oldpackage', '--no-recommends'],
  installFiles: ['zypper', '-n', '--no-gpg-checks', 'install', '--force', '--no-recommends'],
  remove: ['zypper', '-n', 'remove'],
};

/** The packages of the rpm distributions: by zypper on SUSE, by yum (which dnf answers to) on all others. */
export function rpm(remote: Remote, distribution: string, options: PackageManagerOptions): PackageManager {
  const dialect = distribution === 'opensuse' || distribution === 'sle' ? zypper : yum;
  const { signal } = options;

  async function must(words: readonly string[]): Promise<void> {
    const command = ['sudo', 'env', 'LC_ALL=C', ...words];
    const result = await runPatiently({ remote, command, options, later, waiting: async () => {} });
    if (result.exitStatus !== 0) throw rpmFailure(result);
  }
  const over = async (words: readonly string[], packages: readonly PackageWish[]): Promise<void> => {
    if (packages.length === 0) return;
    const glue = dialect === zypper ? '=' : '-';
    await must([
      ...words,
      ...packages.map(({ name, version }) => (version === null ? name : `${name}${glue}${version}`)),
    ]);
  };
  const any = (names: readonly string[]): PackageWish[] => names.map((name) => ({ name, version: null }));
  const fileOf = (name: string): string => `${dialect.folder}/${name}.repo`;

  return {
    kind: 'rpm',
    async addRepository(repository) {
      const text = repositoryFile(repository);
      await remote.writeFile(fileOf(repository.name), text, { sudo: true, mode: '0644', signal });
    },
    async removeRepository(name) {
      await remote.run(['sudo', 'rm', '-f', '--', fileOf(name)]);
    },
    update: () => must(dialect.update),
    install: (packages) => over(dialect.install, packages),
    upgrade: (packages) => over(dialect.upgrade, packages),
    downgrade: (names) => over(dialect.downgrade, any(names)),
    installFiles: (paths) => over(dialect.installFiles, any(paths)),
    async remove(packages) {
      await over(dialect.remove, any(packages));
    },
    async installedVersion(name) {
      const words = ['rpm', '-q', '--qf', '%{VERSION}-%{RELEASE}\\n', name];
      const { exitStatus, stdout } = await remote.run(words, {
        check: false,
        collect: 'stdout',
        quiet: true,
        signal,
      });
      return exitStatus === 0 ? (stdout.trim().split('\n').at(-1) ?? null) : null;
    },
    async isNewer(version, other) {
      // The library of rpm itself compares: no distribution has a command for it that is always there.
      const ask = `%{lua: print(rpm.vercmp(${JSON.stringify(version)}, ${JSON.stringify(other)}))}`;
      const { stdout } = await remote.run(['rpm', '--eval', ask], {
        collect: 'stdout',
        quiet: true,
        signal,
      });
      return stdout.trim() === '1';
    },
    async installed() {
      const words = ['rpm', '-qa', '--qf', '%{NAME} %{VERSION}-%{RELEASE}\\n'];
      const { stdout } = await remote.run(words, { collect: 'stdout', quiet: true, signal });
      return new Map(
        [...stdout.matchAll(/^(\S+) (.+)$/gm)].map(([, name = '', version = '']) => [name, version]),
      );
    },
  };
}

/** A repository as yum, dnf and zypper read it. */
export function repositoryFile({ name, url, priority, key }: Repository): string {
  return [
    `[${name}]`,
    `name=${name}`,
    `baseurl=${url}`,
    'enabled=1',
    key === null ? 'gpgcheck=0' : 'gpgcheck=1',
    ...(key === null ? [] : [`gpgkey=${key}`]),
    ...(priority === null ? [] : [`priority=${priority}`]),
    '',
  ].join('\n');
}

function rpmFailure(result: CommandResult): Error {
  const { host } = result;
  const text = `${result.stdout}\n${result.stderr}`;
  const missing =
    /Unable to find a match: (\S+)|No match for argument: (\S+)|No package (\S+) available|(?:No provider of|Package) '([^']+)' (?:not )?found/.exec(
      text,
    );
  const name = missing?.slice(1).find(Boolean);
  if (name) return new PackageNotFoundError({ host, name, version: null });
  const room = /No space left on device|needs \S+ more space on the \S+ filesystem/.exec(text);
  if (room) return new NoRoomError(host, room[0]);
  const down =
    /Failed to download metadata for repo '([^']+)'(?:: (.+))?|Valid metadata not found at specified URL/i.exec(
      text,
    );
  if (down)
    return new RepositoryUnreachableError({
      host,
      url: down[1] ?? 'of zypper',
      detail: down[2] ?? 'there is no metadata',
    });
  return new CommandFailedError({ ...result, exitStatus: result.exitStatus ?? 1 });
}

import { quoteWord } from '../remote/quote.ts';
import type { CommandResult, Remote } from '../remote/remote.ts';
import { aptFailure, sourceFailure } from './apt-failure.ts';
import { aptPin, aptSource, forgetLists, keyFile, listFile, pinFile } from './apt-repository.ts';
import { PackageNotFoundError, RepositoryKeyError } from './package-errors.ts';
import type { PackageManager, PackageManagerOptions, PackageWish, Repository } from './package-manager.ts';
import { runPatiently } from './run-patiently.ts';

const lockHeld = /could not get lock|unable to acquire the dpkg frontend lock|is another process using it/i;
const locks =
  '/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock';

const installWords = [
  '--no-install-recommends',
  '--allow-downgrades',
  '--allow-change-held-packages',
  '-o',
  'Dpkg::Options::=--force-confdef',
  '-o',
  'Dpkg::Options::=--force-confold',
  'install',
];

/** Debian's and Ubuntu's packages. What the distribution recommends beside a package is not installed. */
export function apt(remote: Remote, options: PackageManagerOptions): PackageManager {
  const { log, signal } = options;
  const added = new Map<string, Repository>();
  let updateFailure: Error | null = null; // of the host's own repositories, for when a package is missed

  async function aptGet(words: readonly string[]): Promise<CommandResult> {
    return await runPatiently({
      remote,
      command: ['sudo', 'env', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-y', ...words],
      options,
      later: lockHeld,
      waiting: () => logLockHolders(remote, signal),
    });
  }

  async function must(words: readonly string[]): Promise<void> {
    const result = await aptGet(words);
    if (result.exitStatus === 0) return;
    const failure = aptFailure(result);
    throw failure instanceof PackageNotFoundError && updateFailure !== null ? updateFailure : failure;
  }

  async function install(packages: readonly PackageWish[], words: readonly string[] = []): Promise<void> {
    if (packages.length === 0) return;
    const names = packages.map(({ name, version }) => (version === null ? name : `${name}=${version}`));
    await must([...words, ...installWords, ...names]);
  }

  return {
    kind: 'deb',
    install,
    upgrade: install,
    downgrade: (names) => install(names.map((name) => ({ name, version: null }))),
    async addRepository(repository) {
      const key = repository.key === null ? null : await fetchKey({ remote, repository, signal });
      const write = (path: string, text: string): Promise<void> =>
        remote.writeFile(path, text, { sudo: true, mode: '0644', mkdir: true, signal });
      await remote.run(forgetLists(repository.url), { signal });
      if (key !== null) await write(keyFile(repository.name), key);
      await write(listFile(repository.name), `${aptSource(repository)}\n`);
      const pin = aptPin(repository);
      if (pin !== null) await write(pinFile(repository.name), pin);
      added.set(repository.name, repository);
    },
    async removeRepository(name) {
      await remote.run(['sudo', 'rm', '-f', '--', listFile(name), keyFile(name), pinFile(name)]);
      added.delete(name);
    },
    async update() {
      const result = await aptGet(['update']);
      const ours = sourceFailure(result, [...added.values()]);
      if (ours !== null) throw ours;
      updateFailure = result.exitStatus === 0 ? sourceFailure(result) : aptFailure(result);
      if (updateFailure !== null) log.warn(updateFailure.message);
    },
    async installFiles(paths) {
      await must([...installWords, ...paths]);
    },
    async remove(packages) {
      if (packages.length === 0) return;
      const { exitStatus } = await aptGet(['purge', ...packages]);
      if (exitStatus === 0) return;
      log.warn(`${remote.shortname}: apt-get cannot remove the packages, dpkg is told to`);
      await remote.run(['sudo', 'dpkg', '-P', '--force-remove-reinstreq', ...packages], { check: false });
    },
    async installedVersion(name) {
      const words = ['dpkg-query', '-W', '-f', '${db:Status-Status} ${Version}\\n', name];
      const { stdout } = await remote.run(words, { check: false, collect: 'stdout', quiet: true, signal });
      return /^installed (.+)$/m.exec(stdout)?.[1] ?? null;
    },
    async isNewer(version, other) {
      const words = ['dpkg', '--compare-versions', version, 'gt', other];
      return (await remote.run(words, { check: false, quiet: true, signal })).exitStatus === 0;
    },
    async installed() {
      const words = ['dpkg-query', '-W', '-f', '${db:Status-Status} ${Package} ${Version}\\n'];
      const { stdout } = await remote.run(words, { collect: 'stdout', quiet: true, signal });
      return new Map(
        [...stdout.matchAll(/^installed (\S+) (.+)$/gm)].map(([, name = '', version = '']) => [
          name,
          version,
        ]),
      );
    },
  };
}

/** Tells who holds the locks; a host that cannot say is fine. */
async function logLockHolders(remote: Remote, signal: AbortSignal): Promise<void> {
  await remote.run(`sudo fuser -v ${locks}`, { check: false, signal });
}

async function fetchKey(params: {
  remote: Remote;
  repository: Repository;
  signal: AbortSignal;
}): Promise<string> {
  const { remote, repository, signal } = params;
  const key = repository.key ?? '';
  if (!/^https?:\/\//.test(key)) return key.endsWith('\n') ? key : `${key}\n`;
  const fetch = `curl -fsSL --retry 2 --max-time 60 ${quoteWord(key)} || wget -qO- -T 60 ${quoteWord(key)}`;
  const { exitStatus, stdout } = await remote.run(fetch, {
    check: false,
    collect: 'stdout',
    quiet: true,
    signal,
  });
  if (exitStatus === 0 && stdout.includes('BEGIN PGP PUBLIC KEY')) return stdout;
  const detail = exitStatus === 0 ? `${key} is no public key` : `its key ${key} cannot be fetched`;
  throw new RepositoryKeyError({ host: remote.shortname, url: repository.url, detail });
}

/** Packages cannot be had from where they should come: the lab's trouble, not the test's. A job that sees it is `dead`. */
export abstract class PackageSourceError extends Error {}

/** A repository does not answer, or not with what a repository has. */
export class RepositoryUnreachableError extends PackageSourceError {
  override readonly name = 'RepositoryUnreachableError';
  constructor(params: { host: string; url: string; detail: string }) {
    super(`The repository ${params.url} cannot be read from ${params.host}: ${params.detail}`);
  }
}

/** The key of a repository cannot be had, or the repository is not signed with it. */
export class RepositoryKeyError extends PackageSourceError {
  override readonly name = 'RepositoryKeyError';
  constructor(params: { host: string; url: string; detail: string }) {
    super(`The repository ${params.url} is not accepted on ${params.host}: ${params.detail}`);
  }
}

/** The disk of a host is full. */
export class NoRoomError extends PackageSourceError {
  override readonly name = 'NoRoomError';
  constructor(host: string, detail: string) {
    super(`The packages do not fit on the disk of ${host}: ${detail}`);
  }
}

/** No repository of a host has a package, or not in the wanted version. */
export class PackageNotFoundError extends Error {
  override readonly name = 'PackageNotFoundError';
  constructor(params: { host: string; name: string; version: string | null }) {
    const version = params.version === null ? '' : ` in version ${params.version}`;
    super(`No repository of ${params.host} has the package '${params.name}'${version}`);
  }
}

/** What was installed is not what was asked for. */
export class WrongVersionError extends PackageSourceError {
  override readonly name = 'WrongVersionError';
  constructor(params: { name: string; wanted: string; found: string | null }) {
    super(`${params.name} version ${params.wanted} was not installed, found ${params.found ?? 'none'}.`);
  }
}

/** An upgrade would go back. */
export class DowngradeError extends Error {
  override readonly name = 'DowngradeError';
  constructor(params: { host: string; name: string; installed: string; wanted: string }) {
    const { host, name, installed, wanted } = params;
    super(
      `install.upgrade: ${host} has ${name} ${installed}, which is newer than ${wanted}; look at the tags of the branch, or use install with downgrade_packages`,
    );
  }
}

import { SuiteSourceError } from '../../core/ports/suite-source.ts';

/** A place that is not one where suites may come from, or a name that is none. */
export class LocationError extends SuiteSourceError {
  override readonly name = 'LocationError';
}

/** No repository answers at a location, or it does not let us in. */
export class UnreadableRepositoryError extends SuiteSourceError {
  override readonly name = 'UnreadableRepositoryError';
  readonly repository: string;
  constructor(params: { repository: string; reason: string; cause?: unknown }) {
    super(`cannot read the repository ${params.repository}: ${params.reason}`, { cause: params.cause });
    this.repository = params.repository;
  }
}

/** A repository has no such branch, tag or ref. */
export class RefNotFoundError extends SuiteSourceError {
  override readonly name = 'RefNotFoundError';
  readonly ref: string;
  constructor({ ref, repository }: { ref: string; repository: string }) {
    const isBranch = !ref.startsWith('refs/') && ref !== 'HEAD';
    super(`${isBranch ? 'Branch ' : ''}'${ref}' not found in repo: ${repository}!`);
    this.ref = ref;
  }
}

/** A repository does not have a commit, or gives it to nobody. */
export class CommitNotFoundError extends SuiteSourceError {
  override readonly name = 'CommitNotFoundError';
  readonly sha1: string;
  constructor(params: { sha1: string; repository: string; cause?: unknown }) {
    super(`'${params.sha1}' not found in repo: ${params.repository}!`, { cause: params.cause });
    this.sha1 = params.sha1;
  }
}

/** A tarball that cannot be had, read or trusted. */
export class TarballError extends SuiteSourceError {
  override readonly name = 'TarballError';
  constructor(params: { tarball: string; reason: string; cause?: unknown }) {
    super(`tarball ${params.tarball}: ${params.reason}`, { cause: params.cause });
  }
}

/** A tarball beyond a limit, packed or unpacked. */
export class TarballTooBigError extends SuiteSourceError {
  override readonly name = 'TarballTooBigError';
  constructor({ tarball, reason }: { tarball: string; reason: string }) {
    super(`tarball ${tarball}: ${reason}`);
  }
}

/** A tree that is larger than what is read into memory. */
export class TreeTooBigError extends SuiteSourceError {
  override readonly name = 'TreeTooBigError';
}

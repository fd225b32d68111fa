import { CommandFailedError } from '../remote/command-errors.ts';
import type { Repository } from './package-manager.ts';
import type { CommandResult } from '../remote/remote.ts';
import {
  NoRoomError,
  PackageNotFoundError,
  RepositoryKeyError,
  RepositoryUnreachableError,
} from './package-errors.ts';

/** What stood in the way of an `apt-get` that failed, as one sentence. */
export function aptFailure(result: CommandResult): Error {
  const { host, stderr } = result;
  const version = /Version '([^']+)' for '([^']+)' was not found/.exec(stderr);
  if (version?.[2]) return new PackageNotFoundError({ host, name: version[2], version: version[1] ?? null });
  const missing = /Unable to locate package (\S+)|Package '([^']+)' has no installation candidate/.exec(
    stderr,
  );
  const name = missing?.[1] ?? missing?.[2];
  if (name) return new PackageNotFoundError({ host, name, version: null });
  const room = /No space left on device|don't have enough free space in \S+/.exec(stderr);
  if (room) return new NoRoomError(host, room[0]);
  return sourceFailure(result) ?? new CommandFailedError({ ...result, exitStatus: result.exitStatus ?? 1 });
}

/**
 * What a repository did wrong, read from the complaints of `apt-get`; null when none is about a repository. With `added`, only complaints
 * about one of those count, and about signatures only where it has a key.
 */
export function sourceFailure(
  { host, stderr }: Pick<CommandResult, 'host' | 'stderr'>,
  added: readonly Pick<Repository, 'url' | 'key'>[] | null = null,
): RepositoryKeyError | RepositoryUnreachableError | null {
  const lines = stderr.split('\n').filter((line) => /^\s*[WE]:/.test(line));
  const about = (repositories: typeof added): string[] =>
    lines.filter((line) => repositories?.some(({ url }) => line.includes(withoutSlash(url))) ?? true);
  const key = about(added?.filter((one) => one.key !== null) ?? null).find((line) =>
    /NO_PUBKEY|is not signed|BADSIG|EXPKEYSIG|signatures? (?:were|was|couldn't)/.test(line),
  );
  if (key !== undefined) return new RepositoryKeyError({ host, url: urlIn(key), detail: keyDetail(lines) });
  const down = about(added).find((line) => /Failed to fetch|does not have a Release file/.test(line));
  if (down === undefined) return null;
  return new RepositoryUnreachableError({ host, url: urlIn(down), detail: detailIn(down) });
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function urlIn(line: string): string {
  const url = /[a-z+]+:\/\/?[^\s']+/.exec(line)?.[0] ?? 'of apt';
  return url.replace(/\/(?:\.\/)?(?:InRelease|Release|Packages)$/, '');
}

function keyDetail(lines: readonly string[]): string {
  const missing = /NO_PUBKEY (\S+)/.exec(lines.join('\n'))?.[1];
  return missing === undefined
    ? 'it is not signed with the key that was given for it'
    : `it is signed with the key ${missing}, which is not the one that was given for it`;
}

/** What apt says after the address; or the whole, without its mark. */
function detailIn(line: string): string {
  const after = /Failed to fetch \S+\s+(.+)$/.exec(line)?.[1];
  return (after ?? line.replace(/^\s*[WE]:\s*/, '')).trim();
}

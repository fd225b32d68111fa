import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocationError } from './source-errors.ts';

/** What a location turns out to be. `url` of a repository is what git is given; `shown` of anything is fit for messages. */
export type Location =
  | { readonly kind: 'directory'; readonly folder: string; readonly shown: string }
  | { readonly kind: 'repository'; readonly url: string; readonly shown: string }
  | { readonly kind: 'tarball file'; readonly file: string; readonly shown: string }
  | { readonly kind: 'tarball url'; readonly url: string; readonly scheme: string; readonly shown: string };

const gitSchemes = new Set(['ssh', 'git', 'git+ssh', 'http', 'https', 'file']);
const tarballName = /\.(tar|tgz|tar\.gz|tar\.zst)$/i;

/**
 * Tells a folder, a repository and a tarball apart: a URL is a tarball by its ending, a path by what lies there; with a ref, a
 * folder is a repository. `git+` or `tar+` before a URL says it outright. Throws LocationError for what is none of them.
 */
export function parseLocation(text: string, ref: string | null): Location {
  const url = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  if (url?.[1] !== undefined) return parseUrl(text, url[1].toLowerCase());
  refuseOption(text);
  const path = resolve(text);
  const kind = kindOfPath(path);
  if (kind === 'file') return { kind: 'tarball file', file: path, shown: path };
  if (kind === 'directory') return ofFolder(path, ref);
  if (isHostAndPath(text)) return { kind: 'repository', url: text, shown: text };
  throw new LocationError(`there is no folder, tarball or repository at '${text}'`);
}

/** A location without the password in it. */
export function shownLocation(url: string): string {
  return url.replace(/\/\/[^/?#@]*@/, '//');
}

function parseUrl(text: string, scheme: string): Location {
  // Outside of URLs these have no meaning, and they could end a line of what is sent to a server.
  if (/[\s\p{Cc}]/u.test(text))
    throw new LocationError(`'${shownLocation(text)}' has a blank in it, which no URL has`);
  const forced = /^(git|tar)\+(?!ssh:)/.exec(text);
  if (forced !== null) {
    const rest = text.slice(4);
    return forced[1] === 'git' ? repository(rest, schemeOf(rest)) : tarball(rest, schemeOf(rest));
  }
  if (scheme === 's3') return tarball(text, scheme);
  if (!gitSchemes.has(scheme)) throw unknownScheme(text);
  const path = text.replace(/[?#].*$/, '');
  const isTarball = ['http', 'https', 'file'].includes(scheme) && tarballName.test(path);
  return isTarball ? tarball(text, scheme) : repository(text, scheme);
}

function schemeOf(url: string): string {
  return url.slice(0, Math.max(0, url.indexOf('://'))).toLowerCase();
}

function repository(url: string, scheme: string): Location {
  if (!gitSchemes.has(scheme)) throw unknownScheme(url);
  // Neither the host nor the login before it may be taken for an option of ssh.
  if (/^[^:]+:\/\/(?:[^/@]*@)?-/.test(url) || url.includes('://-')) {
    throw new LocationError(`'${shownLocation(url)}' looks like an option and not like a URL`);
  }
  return { kind: 'repository', url, shown: shownLocation(url) };
}

function tarball(url: string, scheme: string): Location {
  if (scheme === 'file') {
    const file = pathOf(url);
    return { kind: 'tarball file', file, shown: file };
  }
  if (!['http', 'https', 's3'].includes(scheme)) throw unknownScheme(url);
  const shown = scheme === 's3' ? url : shownLocation(url).replace(/[?#].*$/, ''); // Signed URLs carry a secret there.
  return { kind: 'tarball url', url, scheme, shown };
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new LocationError(`'${url}' names no file of this machine`, { cause });
  }
}

function unknownScheme(url: string): LocationError {
  const known = 'http, https, ssh, git, file, s3 or a path';
  return new LocationError(`'${shownLocation(url)}' is of no kind that suites may come from: ${known}`);
}

function refuseOption(text: string): void {
  if (text.startsWith('-')) throw new LocationError(`'${text}' looks like an option and not like a location`);
  if (text === '' || text.includes('\0')) throw new LocationError(`${JSON.stringify(text)} is no location`);
}

/** `user@host:path`, as ssh knows it; `ext::…` and other remote helpers of git are not. */
function isHostAndPath(text: string): boolean {
  return /^(?:[\w.][\w.-]*@)?[\w.][\w.-]*:(?!:)[^\s\p{Cc}-][^\s\p{Cc}]*$/u.test(text);
}

function ofFolder(path: string, ref: string | null): Location {
  const isBare =
    kindOfPath(join(path, 'HEAD')) === 'file' && kindOfPath(join(path, 'objects')) === 'directory';
  if (ref === null && !isBare) return { kind: 'directory', folder: path, shown: path };
  return { kind: 'repository', url: path, shown: path };
}

function kindOfPath(path: string): 'file' | 'directory' | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  return found.isDirectory() ? 'directory' : 'file';
}

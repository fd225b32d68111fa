import type { OsInfo } from '../remote/remote.ts';
import { PackageSourceError } from './package-errors.ts';
import type { Repository } from './package-manager.ts';

/** What a builder made of a commit, for one system. */
export interface Build {
  readonly sha1: string;
  readonly version: string; // of its packages
  readonly repositories: readonly Repository[];
}

export interface BuildQuery {
  readonly endpoint: string; // of the builder: the URL above `/search`
  readonly project: string;
  readonly flavor: string;
  readonly os: OsInfo;
  readonly arch: string;
  readonly ref: { readonly branch: string } | { readonly sha1: string };
  readonly signal: AbortSignal;
}

/** The builder has no packages of what was asked for: an unknown branch, or a commit that was not built for this system. */
export class VersionNotFoundError extends PackageSourceError {
  override readonly name = 'VersionNotFoundError';
  constructor(url: string) {
    super(`Failed to fetch package version from ${url}`);
  }
}

/** The builder gives no answer that can be used. */
export class BuilderError extends PackageSourceError {
  override readonly name = 'BuilderError';
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`The builder gives no answer at ${url}: ${reason}`, options);
  }
}

/**
 * Asks a builder with the search of shaman for the newest finished build, which also resolves a branch to its commit. Two requests: the search, and the text of the
 * repository. Throws VersionNotFoundError when there is none, BuilderError when the builder does not answer.
 */
export async function findBuild(query: BuildQuery): Promise<Build> {
  const url = searchUrl(query);
  const [first] = readBuilds(url, await get(url, query.signal));
  if (first === undefined) throw new VersionNotFoundError(url);
  const base = first.chacraUrl.replace(/\/*$/, '/');
  const text = await get(`${base}repo`, query.signal);
  const name = query.project;
  const repositories =
    query.os.packageType === 'deb' ? debRepositories(name, text) : rpmRepositories(name, text);
  if (repositories.length === 0) throw new BuilderError(`${base}repo`, 'it names no repository');
  return { sha1: first.sha1, version: first.version, repositories };
}

function searchUrl({ endpoint, project, flavor, os, arch, ref }: BuildQuery): string {
  const query = new URLSearchParams({ status: 'ready', project, flavor, distros: `${distroOf(os)}/${arch}` });
  if ('sha1' in ref) query.set('sha1', ref.sha1);
  else query.set('ref', ref.branch);
  return `${endpoint.replace(/\/+$/, '')}/search?${query}`;
}

/** Builds for RHEL are those for CentOS; both, and their kin, count by the major version. */
function distroOf({ name, version }: OsInfo): string {
  const byMajor = ['centos', 'rhel', 'alma', 'rocky'].includes(name);
  return `${name === 'rhel' ? 'centos' : name}/${byMajor ? version.split('.')[0] : version}`;
}

async function get(url: string, signal: AbortSignal): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]) });
  } catch (cause) {
    signal.throwIfAborted();
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    throw new BuilderError(url, reason instanceof Error ? reason.message : String(reason), { cause });
  }
  if (!response.ok) throw new BuilderError(url, `it says ${response.status}`);
  return await response.text();
}

interface FoundBuild {
  readonly sha1: string;
  readonly version: string;
  readonly chacraUrl: string;
}

function readBuilds(url: string, text: string): FoundBuild[] {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    throw new BuilderError(url, 'its answer is no JSON', { cause });
  }
  if (!Array.isArray(answer)) throw new BuilderError(url, 'its answer is no list of builds');
  return answer.map((build: Record<string, unknown> | null) => {
    const extra = (build?.['extra'] ?? {}) as Record<string, unknown>;
    const found = {
      sha1: build?.['sha1'],
      version: extra['package_manager_version'],
      chacraUrl: build?.['chacra_url'] ?? build?.['url'],
    };
    if (!Object.values(found).every((value) => typeof value === 'string' && value !== ''))
      throw new BuilderError(url, 'a build in its answer has no sha1, no version or no URL');
    return found as FoundBuild;
  });
}

function debRepositories(name: string, text: string): Repository[] {
  const line = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)[ \t]*(.*)$/m.exec(text);
  if (line?.[1] === undefined || line[2] === undefined) return [];
  const flat = line[2].endsWith('/');
  const components = (line[3] ?? '').split(/\s+/).filter((word) => word !== '');
  return [{ name, url: line[1], suite: flat ? null : line[2], components, priority: 1, key: null }];
}

function rpmRepositories(name: string, text: string): Repository[] {
  return [...text.matchAll(/^baseurl\s*=\s*(\S+)/gm)].map(([, url = ''], index) => ({
    name: index === 0 ? name : `${name}-${index}`,
    url,
    suite: null,
    components: [],
    priority: 1,
    key: null,
  }));
}

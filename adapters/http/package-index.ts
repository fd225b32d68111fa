import { z } from 'zod';
import { PackageIndexError } from '../../core/ports/package-index.ts';
import type { PackageBuild, PackageIndex, PackageQuery } from '../../core/ports/package-index.ts';

const timeoutMs = 30_000;
const mostBytes = 16 * 1024 * 1024;

/** Only what is read is checked. */
const answerSchema = z.array(
  z.looseObject({
    sha1: z.string().regex(/^[0-9a-f]{7,64}$/i),
    extra: z.looseObject({ package_manager_version: z.string().nullish() }).nullish(),
  }),
);

/**
 * A package index with the search of shaman: `GET URL/search?status=ready&project=...` answers with a list of builds, newest first.
 * Each question is one request; a server that fails or breaks the connection is asked once more.
 */
export function shamanIndex({ url }: { url: string }): PackageIndex {
  const origin = url.replace(/\/\/[^/?#@]*@/, '//').replace(/\/+$/, '');
  return {
    origin,
    async find(wanted) {
      const [first] = await search(origin, searchUrl(url, wanted));
      if (first === undefined) return null;
      return { sha1: first.sha1, version: first.version };
    },
  };
}

/** The search of an index for a build. A URL that ends in `/search` already is used as it is. */
export function searchUrl(url: string, wanted: PackageQuery): URL {
  const search = new URL(url);
  search.pathname = `${search.pathname.replace(/\/+$/, '').replace(/\/search$/, '')}/search`;
  const distro = distroOf(wanted);
  const query: Record<string, string> = {
    status: 'ready',
    project: wanted.project,
    flavor: wanted.flavor,
    ...(distro !== null && { distros: distro }),
    ...('sha1' in wanted.ref ? { sha1: wanted.ref.sha1 } : { ref: wanted.ref.branch }),
  };
  for (const [key, value] of Object.entries(query)) search.searchParams.set(key, value);
  return search;
}

const byMajor = new Set(['centos', 'rhel', 'alma', 'rocky']);

/** `ubuntu/22.04/x86_64`; builds for RHEL are those for CentOS, and both count by their major version. */
function distroOf({ osType, osVersion, arch }: PackageQuery): string | null {
  if (osType === null || osVersion === null) return osType;
  const name = osType === 'rhel' ? 'centos' : osType;
  const version = byMajor.has(osType) ? (osVersion.split('.')[0] ?? osVersion) : osVersion;
  return [name, version, ...(arch === null ? [] : [arch])].join('/');
}

async function search(origin: string, url: URL): Promise<PackageBuild[]> {
  const response = await ask(origin, url);
  if (!response.ok) throw new PackageIndexError(origin, `it says ${response.status}`);
  const text = await response.text();
  if (text.length > mostBytes) throw new PackageIndexError(origin, `${text.length} characters are no answer`);
  const builds = answerSchema.safeParse(parsed(origin, text));
  if (!builds.success) throw new PackageIndexError(origin, 'its answer is no list of builds');
  return builds.data.map(({ sha1, extra }) => ({ sha1, version: extra?.package_manager_version ?? null }));
}

async function ask(origin: string, url: URL, again = true): Promise<Response> {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  const login = [url.username, url.password].map(decodeURIComponent).join(':');
  const headers = login === ':' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  try {
    const response = await fetch(bare, { headers, signal: AbortSignal.timeout(timeoutMs) });
    if (response.status < 500 || !again) return response;
    await response.body?.cancel();
  } catch (cause) {
    const reason =
      cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    if (!again) throw new PackageIndexError(origin, reason, { cause });
  }
  return await ask(origin, url, false);
}

function parsed(origin: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PackageIndexError(origin, 'its answer is no JSON', { cause });
  }
}

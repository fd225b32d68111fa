import type { YamlMap } from '../config/yaml-value.ts';
import type { PackageIndex } from '../ports/package-index.ts';
import { packageFlavor } from '../suites/collect.ts';

/** A job needs packages that nobody has built. Nothing was queued. */
export class NoPackagesError extends Error {
  override readonly name = 'NoPackagesError';
}

/** Says which packages a job misses, as a sentence; null when it has what it needs or is not to be checked. */
export type PackageCheck = (config: YamlMap, sha1: string) => Promise<string | null>;

/**
 * A check against an index, which is asked once for each combination of commit, system and flavor. `verify` is what holds for jobs
 * that have no `verify_ceph_hash` of their own. Throws PackageIndexError.
 */
export function packageCheck(
  index: PackageIndex,
  { arch, verify }: { arch: string | null; verify: boolean },
): PackageCheck {
  const answers = new Map<string, Promise<string | null>>();
  return async (config, sha1) => {
    if ((config.get('verify_ceph_hash') ?? verify) !== true) return null;
    const flavor = packageFlavor(config);
    if (flavor === 'local') return null; // packages that the job brings along
    const osType = textOf(config, 'os_type');
    const osVersion = textOf(config, 'os_version');
    const key = JSON.stringify([sha1, flavor, osType, osVersion]);
    const asked = answers.get(key);
    if (asked !== undefined) return await asked;
    const answer = ask(index, { sha1, flavor, osType, osVersion, arch });
    answers.set(key, answer);
    return await answer;
  };
}

async function ask(
  index: PackageIndex,
  wanted: {
    sha1: string;
    flavor: string;
    osType: string | null;
    osVersion: string | null;
    arch: string | null;
  },
): Promise<string | null> {
  const { sha1, ...built } = wanted;
  if ((await index.find({ project: 'ceph', ref: { sha1 }, ...built })) !== null) return null;
  const version = built.osVersion === null ? '' : ` ${built.osVersion}`;
  return `packages for os_type '${built.osType ?? 'any'}${version}', flavor ${built.flavor} and ceph hash '${sha1}' not found`;
}

function textOf(config: YamlMap, key: string): string | null {
  const value = config.get(key) ?? null;
  return value === null ? null : String(value);
}

/**
 * The nearest commit, from `start` back through its parents, for which no job misses packages. Goes back `newest` commits at most
 * and reads the history only when the start will not do. Throws NoPackagesError.
 */
export async function commitWithPackages(params: {
  start: string;
  newest: number;
  parents: (count: number) => Promise<readonly string[]>;
  missing: (sha1: string) => Promise<string | null>; // the first thing that a job misses
}): Promise<{ sha1: string; back: number }> {
  const first = await params.missing(params.start);
  if (first === null) return { sha1: params.start, back: 0 };
  if (params.newest === 0) {
    throw new NoPackagesError(
      `at least one job needs packages that do not exist for hash ${params.start}: ${first}`,
    );
  }
  const parents = (await params.parents(params.newest)).slice(0, params.newest);
  for (const [index, sha1] of parents.entries()) {
    if ((await params.missing(sha1)) === null) return { sha1, back: index + 1 };
  }
  if (parents.length < params.newest)
    throw new NoPackagesError(
      `no commit in the history of ${params.start}, which has only ${parents.length} before it, has all packages`,
    );
  throw new NoPackagesError(`Exceeded ${params.newest} backtracks; raise --newest value`);
}

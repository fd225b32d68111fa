import { repositoryUrl } from '../config/suite-settings.ts';
import type { SuiteSettings } from '../config/suite-settings.ts';
import type { Commits } from '../ports/commits.ts';
import type { PackageIndex } from '../ports/package-index.ts';
import type { BuildUnderTest, KernelChoice } from '../suites/base-config.ts';

/** What a submission says about the build to test; null = it says nothing. */
export interface BuildWishes {
  readonly cephBranch: string;
  readonly sha1: string | null; // wins over the branch
  readonly validateSha1: boolean;
  readonly cephRepo: string | null; // URL or short name
  readonly suiteRepo: string | null;
  readonly suiteBranch: string | null;
  readonly suiteSha1: string | null;
  readonly teuthologyBranch: string | null;
  readonly kernel: string; // a branch, `distro` or `none`
  readonly kdb: boolean;
  readonly flavor: string;
}

/** A branch or commit that a submission names does not exist. Nothing was queued. */
export class BuildNotFoundError extends Error {
  override readonly name = 'BuildNotFoundError';
}

/** Where suites come from when they come from git. */
export interface SuiteRevision {
  readonly suiteRepo: string | null;
  readonly suiteBranch: string;
  readonly suiteSha1: string | null;
}

export interface BuildPorts {
  readonly commits: Commits;
  readonly packages: PackageIndex | null; // null = none is configured
  readonly settings: SuiteSettings;
  /** What the suite tree itself names as the branch of the lab's software; null = nothing. */
  readonly branchInSuite: (suite: SuiteRevision) => Promise<string | null>;
}

/**
 * Turns branches into commits, once for the whole run. Only repositories that the submission or the site names are asked: without
 * any there are no hashes. Throws BuildNotFoundError, SuiteSourceError and PackageIndexError.
 */
export async function chooseBuild(
  wishes: BuildWishes,
  ports: BuildPorts,
): Promise<{ build: BuildUnderTest; notes: string[] }> {
  const { settings } = ports;
  const notes: string[] = [];
  const repo = urlOf(wishes.cephRepo, settings.cephRepo);
  const kernel = await chooseKernel(wishes, ports, notes);
  const sha1 = await cephHash(wishes, { repo, ports, notes });
  const suiteRepo = urlOf(wishes.suiteRepo, settings.suiteRepo ?? settings.cephRepo) ?? repo;
  const suiteBranch = await chooseSuiteBranch(wishes, suiteRepo, ports.commits);
  const suiteSha1 = wishes.suiteSha1 ?? (await headOf(ports.commits, suiteRepo, suiteBranch));
  const suite = { suiteRepo, suiteBranch, suiteSha1 };
  const inSuite = wishes.teuthologyBranch === null ? await ports.branchInSuite(suite) : null;
  const teuthologyBranch = wishes.teuthologyBranch ?? inSuite ?? settings.teuthologyBranch ?? 'main';
  const build = {
    branch: wishes.cephBranch,
    sha1,
    repo,
    flavor: wishes.flavor,
    kernel,
    teuthologyBranch,
    teuthologySha1: await headOf(ports.commits, settings.teuthologyRepo, teuthologyBranch),
    ...suite,
  };
  return { build, notes };
}

/** The build of an earlier commit; the suites move with it when they come from the same branch of the same repository. */
export function buildAt(build: BuildUnderTest, sha1: string): BuildUnderTest {
  const together = build.suiteRepo === build.repo && build.suiteBranch === build.branch;
  return { ...build, sha1, suiteSha1: together ? sha1 : build.suiteSha1 };
}

function urlOf(name: string | null, configured: string | null): string | null {
  return name === null ? configured : repositoryUrl(name, configured);
}

async function headOf(commits: Commits, repo: string | null, branch: string): Promise<string | null> {
  if (repo === null) return null;
  const head = await commits.head(repo, branch);
  if (head === null)
    throw new BuildNotFoundError(`Branch '${branch}' not found in repo: ${shortName(repo)}!`);
  return head;
}

async function cephHash(
  wishes: BuildWishes,
  { repo, ports, notes }: { repo: string | null; ports: BuildPorts; notes: string[] },
): Promise<string | null> {
  if (wishes.sha1 === null) return await headOf(ports.commits, repo, wishes.cephBranch);
  if (!wishes.validateSha1) return wishes.sha1;
  if (repo === null) {
    notes.push(`no repository is configured: the hash ${wishes.sha1} is taken unchecked`);
    return wishes.sha1;
  }
  if (await ports.commits.has(repo, wishes.sha1)) return wishes.sha1;
  throw new BuildNotFoundError(`'${wishes.sha1}' not found in repo: ${shortName(repo)}!`);
}

async function chooseSuiteBranch(
  wishes: BuildWishes,
  repo: string | null,
  commits: Commits,
): Promise<string> {
  if (wishes.suiteBranch !== null) return wishes.suiteBranch;
  if (repo === null) return wishes.cephBranch;
  return (await commits.head(repo, wishes.cephBranch)) === null ? 'main' : wishes.cephBranch;
}

async function chooseKernel(
  wishes: BuildWishes,
  ports: BuildPorts,
  notes: string[],
): Promise<KernelChoice | null> {
  const { kernel: branch, kdb } = wishes;
  if (branch.toLowerCase() === 'none' || branch === '-') return null;
  if (branch === 'distro') return { branch, sha1: branch, flavor: null, kdb };
  if (ports.packages === null) {
    notes.push(`no package index is configured: kernel branch '${branch}' is taken unchecked`);
    return { branch, sha1: null, flavor: 'default', kdb };
  }
  const wanted = {
    project: 'kernel',
    ref: { branch },
    flavor: 'default',
    osType: null,
    osVersion: null,
    arch: null,
  };
  const build = await ports.packages.find(wanted);
  if (build === null) throw new BuildNotFoundError(`Kernel branch '${branch}' not found`);
  return { branch, sha1: build.sha1, flavor: 'default', kdb };
}

/** `ceph-ci.git` for its URL. */
function shortName(repo: string): string {
  return repo.replace(/\/+$/, '').split(/[/:]/).at(-1) ?? repo;
}

import type { Remote, TaskContext } from '../../engine/task.ts';
import { PackageSourceError, WrongVersionError } from '../../packages/package-errors.ts';
import { packagesOf } from '../../packages/packages-of.ts';
import { chooseBuild } from './choose-build.ts';
import type { InstallConfig } from './install-arguments.ts';
import type { HostPlan } from './install-on-host.ts';
import { packageList } from './package-list.ts';
import { withUrls } from './own-mirror.ts';
import { readRepositories } from './repositories.ts';

/** What a config means for one host: asks the host for its system, and the builder, where one is named, for a build. */
export async function planHost(ctx: TaskContext, config: InstallConfig, remote: Remote): Promise<HostPlan> {
  const packages = await packagesOf(remote, { log: ctx.log, signal: ctx.signal });
  const build = await chooseBuild(ctx, config, remote);
  const repositories = build?.repositories ?? (await withUrls(remote, readRepositories(config.repos ?? [])));
  return {
    remote,
    packages,
    list: packageList(config, { packageType: packages.kind, fromDistribution: repositories.length === 0 }),
    version: build?.version ?? null,
    sha1: build?.sha1 ?? null,
    repositories,
    downgrade: config.downgrade_packages[packages.kind],
    nothing: config.repos_only,
  };
}

/** A build's own version must be there; whatever else a host has, the test would be of something else. */
export async function checkVersion({ project }: InstallConfig, plan: HostPlan): Promise<void> {
  const { version: wanted, packages, list } = plan;
  const name = list.versioned.includes(project) ? project : list.versioned[0];
  if (wanted === null || name === undefined || plan.nothing) return;
  const found = await packages.installedVersion(name);
  if (found === null || !found.includes(wanted)) throw new WrongVersionError({ name, wanted, found });
}

/** A ref without a builder says nothing about packages. */
export function warnOfIdleRef(ctx: TaskContext, task: string, config: InstallConfig): void {
  const asked = config.tag ?? config.branch;
  if (asked !== null && config.repos === null && config.shaman['endpoint'] === undefined)
    ctx.log.warn(
      `${task}: no builder is named, so '${asked}' is not looked up; the distribution's packages are taken`,
    );
}

/** Packages that cannot be had are the lab's trouble, not the test's: the job is dead. */
export async function asLabTrouble(ctx: TaskContext, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof PackageSourceError && !ctx.signal.aborted)
      Object.assign(ctx.summary, { status: 'dead', success: false });
    throw error;
  }
}

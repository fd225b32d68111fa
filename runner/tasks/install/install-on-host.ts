import type { TaskContext } from '../../engine/task.ts';
import type { PackageManager, PackageWish, Repository } from '../../packages/package-manager.ts';
import type { Remote } from '../../remote/remote.ts';
import type { PackageList } from './package-list.ts';

/** What is to be done on one host. */
export interface HostPlan {
  readonly remote: Remote;
  readonly packages: PackageManager;
  readonly list: PackageList;
  readonly version: string | null; // of the versioned packages; null = the newest of the repositories
  readonly sha1: string | null; // the commit of a build
  readonly repositories: readonly Repository[];
  readonly downgrade: readonly string[];
  readonly nothing: boolean; // only the repositories are wanted
}

/** Undoes an installation: everything is there again that was there before, and nothing else. */
export type Uninstall = () => Promise<void>;

/** Installs what a plan says. The undo is handed over before the first change. */
export async function installOnHost(
  ctx: Pick<TaskContext, 'log'>,
  plan: HostPlan,
  undoable: (undo: Uninstall) => void,
): Promise<void> {
  const { remote, packages, list } = plan;
  const before = await packages.installed();
  undoable(() => uninstall(ctx, plan, before));
  await addRepositories(ctx, plan);
  if (plan.nothing) return;
  if (plan.downgrade.length > 0) await packages.downgrade(plan.downgrade);
  const names = [...list.versioned, ...list.system];
  ctx.log.info(`Installing packages: ${names.join(', ')} on remote ${remote.name}`);
  await packages.install(wishes(plan));
}

/** Makes a host take packages from the repositories of its plan, and reads anew what there is. */
export async function addRepositories(
  ctx: Pick<TaskContext, 'log'>,
  { remote, packages, repositories }: HostPlan,
): Promise<void> {
  for (const repository of repositories) {
    if (repository.key === null)
      ctx.log.warn(`${remote.shortname}: ${repository.url} is used without a key to check it by`);
    await packages.addRepository(repository);
  }
  await packages.update();
}

/** The packages of a plan: those of the build in its version, the others as they come. */
export function wishes({ list, version }: HostPlan): PackageWish[] {
  return [
    ...list.versioned.map((name) => ({ name, version })),
    ...list.system.map((name) => ({ name, version: null })),
  ];
}

async function uninstall(
  ctx: Pick<TaskContext, 'log'>,
  { remote, packages, repositories }: HostPlan,
  before: ReadonlyMap<string, string>,
): Promise<void> {
  const added = [...(await packages.installed()).keys()].filter((name) => !before.has(name));
  ctx.log.info(`Removing ${added.length} packages from ${remote.name}`);
  await packages.remove(added);
  for (const { name } of repositories) await packages.removeRepository(name);
}

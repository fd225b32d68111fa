import type { PlainValue, Remote, Task, TaskContext } from '../engine/task.ts';
import { shipUtilities } from '../helpers/ship-utilities.ts';
import { repositoryState } from '../packages/repository-state.ts';
import { parallel } from '../remote/parallel.ts';
import { flavorOf } from './install/install-arguments.ts';
import type { InstallConfig } from './install/install-arguments.ts';
import { installOnHost } from './install/install-on-host.ts';
import type { HostPlan, Uninstall } from './install/install-on-host.ts';
import { asLabTrouble, checkVersion, planHost, warnOfIdleRef } from './install/plan-host.ts';
import { readInstall } from './install/read-install.ts';
import { requireRoot } from './require-root.ts';

export { upgrade } from './install/upgrade.ts';

/** Installs the packages of a project on every host of the job, and takes them away in the end where the host is used again. */
export const task: Task = async (ctx, given) => {
  const config = readInstall(ctx.job, given);
  ctx.summary.flavor = flavorOf(config);
  await requireRoot('install', ctx.cluster.remotes);
  warnOfIdleRef(ctx, 'install', config);
  await asLabTrouble(ctx, async () => {
    const { remotes } = ctx.cluster;
    const plans = await Promise.all(remotes.map((remote) => planHost(ctx, config, remote)));
    for (const group of await byState(ctx, config, plans)) await installGroup(ctx, config, group);
    await Promise.all(plans.map((plan) => checkVersion(config, plan)));
  });
  await shipUtilities(ctx);
};

/** Puts `daemon-helper`, `adjust-ulimits` and `stdin-killer` into `/usr/bin` of every host, where scripts of suites expect them. */
export const ship_utilities: Task = async (ctx) => {
  await requireRoot('install.ship_utilities', ctx.cluster.remotes);
  await shipUtilities(ctx);
};

/** Hosts that get the same packages from the same repositories. */
interface HostGroup {
  readonly key: PlainValue; // what they get; null = it cannot be told
  readonly plans: readonly HostPlan[];
}

async function byState(
  ctx: TaskContext,
  config: InstallConfig,
  plans: readonly HostPlan[],
): Promise<HostGroup[]> {
  const keys = await Promise.all(plans.map((plan) => keyOf(ctx, config, plan)));
  const groups = new Map<string, HostGroup>();
  for (const [index, plan] of plans.entries()) {
    const key = keys[index] ?? null;
    const name = JSON.stringify(key);
    groups.set(name, { key, plans: [...(groups.get(name)?.plans ?? []), plan] });
  }
  return [...groups.values()];
}

async function keyOf(ctx: TaskContext, config: InstallConfig, plan: HostPlan): Promise<PlainValue> {
  const state = await repositoryState(plan.remote, plan.repositories, ctx.signal);
  if (state === null) return null;
  return {
    task: 'install',
    project: config.project,
    packages: plan.list.versioned.toSorted(),
    system: plan.list.system.toSorted(),
    version: plan.version,
    sha1: plan.sha1,
    downgrade: [...plan.downgrade],
    nothing: plan.nothing,
    repositories: plan.repositories.map((repository) => ({
      ...repository,
      components: [...repository.components],
    })),
    state,
  };
}

async function installGroup(
  ctx: TaskContext,
  config: InstallConfig,
  { key, plans }: HostGroup,
): Promise<void> {
  const undos: Uninstall[] = [];
  const remotes = plans.map(({ remote }) => remote);
  let wanted = config.cleanup ?? true; // until it is known that the hosts are thrown away
  ctx.defer(async () => {
    if (wanted) await parallel(undos.map((undo) => () => undo()));
  });
  const outcome = await ctx.snapshot(
    { name: `install-${config.project}`, key, remotes, verify: (remote) => hasAll(plans, remote) },
    async (chosen) => {
      const chosenPlans = plans.filter(({ remote }) => chosen.includes(remote));
      await parallel(
        chosenPlans.map((plan) => () => installOnHost(ctx, plan, (undo) => undos.push(undo))),
        { signal: ctx.signal },
      );
    },
  );
  wanted = config.cleanup ?? outcome === 'none';
}

async function hasAll(plans: readonly HostPlan[], remote: Remote): Promise<boolean> {
  const plan = plans.find((one) => one.remote.hostname === remote.hostname);
  if (!plan || plan.nothing) return true;
  const installed = await plan.packages.installed();
  return [...plan.list.versioned, ...plan.list.system].every((name) => installed.has(name));
}

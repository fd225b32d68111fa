import type { Task, TaskContext } from '../../engine/task.ts';
import { DowngradeError } from '../../packages/package-errors.ts';
import { parallel } from '../../remote/parallel.ts';
import { requireRoot } from '../require-root.ts';
import type { HostPlan } from './install-on-host.ts';
import { addRepositories, wishes } from './install-on-host.ts';
import { asLabTrouble, checkVersion, planHost, warnOfIdleRef } from './plan-host.ts';
import { readUpgrade } from './upgrade-config.ts';

/**
 * Brings packages that are installed to a newer build, on all of the named hosts at once; daemons run on as they are until they are
 * restarted. The packages stay when the task's list unwinds, only the repositories go.
 */
export const upgrade: Task = async (ctx, given) => {
  const hosts = readUpgrade(ctx, given);
  const remotes = hosts.map(({ remote }) => remote);
  await requireRoot('install.upgrade', remotes);
  for (const { config } of hosts.slice(0, 1)) warnOfIdleRef(ctx, 'install.upgrade', config);
  await asLabTrouble(ctx, async () => {
    const plans = await Promise.all(hosts.map(({ config, remote }) => planHost(ctx, config, remote)));
    // Without a key: what the hosts are from here on, no snapshot can be of.
    await ctx.snapshot({ name: 'upgrade', key: null, remotes }, async () => {
      await parallel(
        plans.map((plan) => () => upgradeHost(ctx, plan)),
        { signal: ctx.signal },
      );
    });
    await Promise.all(hosts.map(({ config }, index) => checkVersion(config, plans[index] as HostPlan)));
  });
};

async function upgradeHost(ctx: TaskContext, plan: HostPlan): Promise<void> {
  const { remote, packages, list, repositories } = plan;
  const before = await packages.installed();
  await refuseDowngrade(plan, before);
  ctx.defer(async () => {
    for (const { name } of repositories) await packages.removeRepository(name);
  });
  await addRepositories(ctx, plan);
  if (plan.nothing) return;
  const names = [...list.versioned, ...list.system];
  ctx.log.info(`Upgrading ${packages.kind} packages: ${names.join(', ')} on remote ${remote.name}`);
  await packages.upgrade(wishes(plan));
  const after = await packages.installed();
  const moves = names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name} ${before.get(name) ?? '(none)'} -> ${after.get(name) ?? '(none)'}`);
  ctx.log.info(`${remote.shortname}: ${moves.join(', ') || 'every package was of that version already'}`);
}

/** A package that is there in a newer version than the build's would go back: an upgrade that is none. */
async function refuseDowngrade(
  { remote, packages, list, version }: HostPlan,
  before: ReadonlyMap<string, string>,
): Promise<void> {
  const name = list.versioned.find((each) => before.has(each));
  const installed = name === undefined ? undefined : before.get(name);
  if (version === null || name === undefined || installed === undefined) return;
  if (await packages.isNewer(installed, version))
    throw new DowngradeError({ host: remote.shortname, name, installed, wanted: version });
}

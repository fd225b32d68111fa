import { withUpgradeOverrides } from '../../../core/config/overrides.ts';
import { isSameRole } from '../../../core/config/roles.ts';
import type { PlainValue, Remote, TaskContext } from '../../engine/task.ts';
import { isConfigMap, readMap, TaskConfigError } from '../task-config.ts';
import { installArguments } from './install-arguments.ts';
import type { InstallConfig } from './install-arguments.ts';

/** What one host is upgraded to. */
export interface HostUpgrade {
  readonly remote: Remote;
  readonly config: InstallConfig;
}

const task = 'install.upgrade';
const expected = "a map from `all` or roles to what they become, such as {all: {branch: 'reef'}}";

/**
 * Reads which hosts an upgrade is for, in the order of the config. Keys that are no roles are those of `install` and hold for every host;
 * without `all` and roles, all hosts are meant. A host that two roles name gets what the first says, and a warning.
 */
export function readUpgrade(
  ctx: Pick<TaskContext, 'cluster' | 'job' | 'log'>,
  given: PlainValue,
): HostUpgrade[] {
  const map = readMap({ task, path: '' }, given, expected);
  const chosen = Object.keys(map).filter((key) => key === 'all' || namesHost(ctx, key));
  if (chosen.includes('all') && chosen.length > 1)
    throw new TaskConfigError({ task, path: '', expected: "'all' alone or only roles", given });
  const shared = Object.fromEntries(Object.entries(map).filter(([key]) => !chosen.includes(key)));
  const config = (own: PlainValue): InstallConfig => {
    const project = typeof shared['project'] === 'string' ? shared['project'] : 'ceph';
    return installArguments.read(withUpgradeOverrides(ctx.job, project, { ...shared, ...asMap(own) }));
  };
  const all = chosen.length === 0 || chosen[0] === 'all';
  if (all) return ctx.cluster.remotes.map((remote) => ({ remote, config: config(map['all'] ?? null) }));
  const upgrades = new Map<Remote, HostUpgrade>();
  for (const role of chosen) {
    const remote = ctx.cluster.only((own) => isSameRole(own, role)).remotes[0];
    if (remote === undefined) continue;
    if (upgrades.has(remote))
      ctx.log.warn(`${task}: ${remote.shortname} comes up twice (${role}); the first counts`);
    else upgrades.set(remote, { remote, config: config(map[role] ?? null) });
  }
  return [...upgrades.values()];
}

/** Throws for what can only be the name of a role and is none of the job's. */
function namesHost({ cluster }: Pick<TaskContext, 'cluster'>, key: string): boolean {
  if (cluster.only((own) => isSameRole(own, key)).hosts.length > 0) return true;
  if (key.includes('.')) cluster.remoteOf(key);
  return false;
}

function asMap(value: PlainValue): { [key: string]: PlainValue } {
  if (value === null) return {};
  if (isConfigMap(value)) return value;
  throw new TaskConfigError({ task, path: '', expected, given: value });
}

import type { PlainValue, TaskContext } from '../engine/task.ts';
import type { Cluster } from '../remote/cluster.ts';
import type { Remote } from '../remote/remote.ts';
import { fillRoles } from './fill-roles.ts';
import { readCommands, readMap, TaskConfigError } from './task-config.ts';

/** Shell commands for the host of one role. */
export interface RoleCommands {
  readonly role: string;
  readonly remote: Remote;
  readonly commands: readonly string[];
}

const expected = "a map from roles to shell commands, such as {client.0: ['uptime']}";

/**
 * Reads a map from roles to commands. As the only key, `all` or `all-roles` stands for every role, and `all-hosts` for the first
 * role of each host. `{role}` in a command becomes the host name of that role.
 */
export function readRoleCommands(task: string, ctx: TaskContext, config: PlainValue): RoleCommands[] {
  const map = readMap({ task, path: '' }, config, expected);
  const keys = Object.keys(map);
  if (keys.length === 0) throw new TaskConfigError({ task, path: '', expected, given: config });
  const wildcard = keys.find((key) => wildcards.has(key));
  if (wildcard === undefined) return keys.map((role) => commandsOf({ task, ctx, role, given: map[role] }));
  if (keys.length > 1) {
    throw new TaskConfigError({
      task,
      path: '',
      expected: `'${wildcard}' alone or only roles`,
      given: config,
    });
  }
  const commands = readShellLines({ task, ctx, path: wildcard, given: map[wildcard] });
  return targetsOf(wildcard, ctx.cluster).map((target) => ({ ...target, commands }));
}

const wildcards: ReadonlySet<string> = new Set(['all', 'all-roles', 'all-hosts']);

function targetsOf(wildcard: string, cluster: Cluster): { role: string; remote: Remote }[] {
  return cluster.hosts.flatMap(({ remote, roles }) => {
    const chosen = wildcard === 'all-hosts' ? roles.slice(0, 1) : roles;
    return chosen.map((role) => ({ role, remote }));
  });
}

/** The commands of one role, and its host. */
export function commandsOf(params: {
  task: string;
  ctx: TaskContext;
  role: string;
  given: PlainValue | undefined;
}): RoleCommands {
  const { task, ctx, role, given } = params;
  const commands = readShellLines({ task, ctx, path: role, given });
  return { role, remote: ctx.cluster.remoteOf(role), commands };
}

/** Commands with the placeholders filled in. Braces that look like a role but are none are named in the log once each. */
export function readShellLines(params: {
  task: string;
  ctx: TaskContext;
  path: string;
  given: PlainValue | undefined;
}): readonly string[] {
  const { task, ctx, path, given } = params;
  const unknown = new Set<string>();
  const lines = readCommands({ task, path }, given).map((line) =>
    fillRoles(line, ctx.cluster, (role) => unknown.add(role)),
  );
  for (const role of unknown) ctx.log.warn(`'{${role}}' names no role of this job and stays as it is`);
  return lines;
}

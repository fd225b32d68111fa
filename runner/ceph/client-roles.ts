import { allRoles, isType, parseRole } from '../../core/config/roles.ts';
import type { PlainValue, Remote, TaskContext } from '../engine/task.ts';
import { isConfigMap, TaskConfigError } from '../tasks/task-config.ts';
import type { ConfigMap } from '../tasks/task-config.ts';

/** A client that a task is to work on, with its own part of the config. */
export interface ClientRole {
  readonly role: string;
  readonly id: string;
  readonly cluster: string;
  readonly name: string; // `client.0`
  readonly remote: Remote;
  readonly config: PlainValue;
}

const expected =
  'nothing, a list of clients, or a map from clients to their settings, such as {client.0: {}}';

/** Reads which clients a task means: null and `all` are every client, a list or a map names them. */
export function readClients(ctx: TaskContext, task: string, config: PlainValue): ClientRole[] {
  const every = allRoles(ctx.cluster.hosts.map(({ roles }) => roles)).filter(isType('client'));
  return entriesOf(task, config, every).map(([role, own]) => {
    const parsed = parseRole(role);
    if (parsed?.type !== 'client') throw new TaskConfigError({ task, path: '', expected, given: config });
    const { cluster, id } = parsed;
    return { role, id, cluster, name: `client.${id}`, remote: ctx.cluster.remoteOf(role), config: own };
  });
}

function entriesOf(task: string, config: PlainValue, every: readonly string[]): [string, PlainValue][] {
  const all = (own: PlainValue): [string, PlainValue][] => every.map((role) => [role, own]);
  if (config === null || config === 'all') return all(null);
  if (Array.isArray(config)) {
    return config.map((role) => {
      if (typeof role === 'string') return [role, null];
      throw new TaskConfigError({ task, path: '', expected, given: config });
    });
  }
  if (!isConfigMap(config)) throw new TaskConfigError({ task, path: '', expected, given: config });
  return Object.hasOwn(config, 'all') ? all(config['all'] ?? null) : Object.entries(config as ConfigMap);
}

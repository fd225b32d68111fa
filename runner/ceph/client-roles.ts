import { withOverrides } from '../../core/config/overrides.ts';
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

/**
 * The same with the overrides of a task, which may be for clients and for settings of all of them: `{client.0: {...}, disabled: true}`.
 * A key that is no client is one of the settings.
 */
export function readClientsAndSettings(
  ctx: TaskContext,
  task: string,
  config: PlainValue,
): { clients: ClientRole[]; settings: ConfigMap } {
  const given = isConfigMap(config) ? config : {};
  const [roles, settings] = [clientKeys(given, true), clientKeys(given, false)];
  const named =
    isConfigMap(config) && Object.keys(roles).length > 0 ? roles : isConfigMap(config) ? null : config;
  const spelt = Object.fromEntries(
    readClients(ctx, task, named).map((client) => [client.role, client.config]),
  );
  const merged = withOverrides(ctx.job, task, { ...settings, ...spelt });
  const all = isConfigMap(merged) ? merged : {};
  return { clients: readClients(ctx, task, clientKeys(all, true)), settings: clientKeys(all, false) };
}

function clientKeys(map: ConfigMap, wanted: boolean): { [key: string]: PlainValue } {
  const isClient = (key: string): boolean => key === 'all' || isType('client')(key);
  return Object.fromEntries(Object.entries(map).filter(([key]) => isClient(key) === wanted));
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

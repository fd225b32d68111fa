import { allRoles, isSameRole, parseRole } from '../../../core/config/roles.ts';
import { overridesFor } from '../../../core/config/overrides.ts';
import type { Cluster, JobDocument, PlainValue, Remote } from '../../engine/task.ts';
import { argument, taskArguments } from '../args.ts';
import type { ArgumentValues } from '../args.ts';
import type { ArgumentKind } from '../argument-kinds.ts';
import { either, flag, optional, seconds, text } from '../argument-kinds.ts';
import { isConfigMap, TaskConfigError } from '../task-config.ts';
import type { ConfigMap } from '../task-config.ts';

/** As suites write it. */
const bit: ArgumentKind<boolean> = {
  name: '0 or 1',
  read: (value) => (value === 0 || value === 1 ? value === 1 : undefined),
};

const version = (usage: string) => argument({ usage, kind: optional(text), fallback: null });

const table = {
  sha1: version('the commit; `distro` is the kernel that the host has'),
  branch: version('a branch of the kernel; `distro` as above'),
  tag: version('a tag'),
  deb: version('a path or URL of a package'),
  rpm: version('the same for rpm'),
  koji: version('a build of koji'),
  koji_task: version('a task of koji'),
  flavor: argument({ usage: 'of the build', kind: optional(text), fallback: null }),
  kdb: argument({
    usage: 'whether the kernel debugger is on',
    kind: optional(either(flag, bit)),
    fallback: null,
  }),
  hwe: argument({ usage: "Ubuntu's newer kernel", kind: optional(flag), fallback: null }),
  timeout: argument({ usage: 'how long a reboot may take', kind: either(seconds, seconds), fallback: 300 }),
};

/** The settings of one host's kernel. */
export const kernelArguments = taskArguments('kernel', table);

export type KernelWish = ArgumentValues<typeof table>;

const versionKeys = ['sha1', 'branch', 'tag', 'deb', 'rpm', 'koji', 'koji_task'] as const;

/** Two roles of one host want different kernels. */
export class KernelConflictError extends Error {
  override readonly name = 'KernelConflictError';
}

/**
 * What kernel each host is to have. The config is for all roles, or a map from roles and types of roles; a role wins over its type. Of the
 * overrides, which are read in the same way, a version replaces all versions of the job.
 */
export function readKernel(
  job: JobDocument,
  cluster: Cluster,
  config: PlainValue,
): ReadonlyMap<Remote, KernelWish> {
  const roles = allRoles(cluster.hosts.map((host) => host.roles));
  const own = byRole(roles, config);
  const over = byRole(roles, overridesFor(job, 'kernel'));
  const wishes = new Map<Remote, KernelWish>();
  for (const host of cluster.hosts) {
    const seen = new Map<string, string>();
    for (const role of host.roles) {
      const wish = kernelArguments.read(merged(own.get(role) ?? {}, over.get(role) ?? {}));
      seen.set(JSON.stringify(wish), role);
      wishes.set(host.remote, wish);
    }
    const [first, second] = [...seen.values()];
    if (second !== undefined)
      throw new KernelConflictError(
        `kernel: ${first} and ${second} are on the same host, ${host.remote.shortname}, and want different kernels`,
      );
  }
  return wishes;
}

/** The version that a wish names, as a person reads it; null is the kernel that the host has. */
export function versionOf(wish: KernelWish): string | null {
  const key = versionKeys.find((each) => wish[each] !== null);
  return key === undefined || wish[key] === 'distro' ? null : `${key}: ${wish[key]}`;
}

function byRole(roles: readonly string[], config: PlainValue): Map<string, ConfigMap> {
  if (config !== null && !isConfigMap(config))
    throw new TaskConfigError({
      task: 'kernel',
      path: '',
      expected: 'a map of settings, or from roles or their types to settings',
      given: config,
    });
  const given = config ?? {};
  if (Object.keys(given).every((key) => Object.hasOwn(table, key)))
    return new Map(roles.map((role) => [role, given]));
  const found = new Map<string, ConfigMap>();
  const entries = Object.entries(given).toSorted(
    ([a], [b]) => Number(a.includes('.')) - Number(b.includes('.')),
  );
  for (const [name, settings] of entries) {
    const matching = roles.filter((role) =>
      name.includes('.') ? isSameRole(role, name) : parseRole(role)?.type === name,
    );
    if (matching.length === 0 || (settings !== null && !isConfigMap(settings)))
      throw new TaskConfigError({
        task: 'kernel',
        path: name,
        expected: 'a role or a type of roles of this job, with a map of settings',
        given: settings,
      });
    for (const role of matching) found.set(role, settings ?? {});
  }
  return found;
}

function merged(own: ConfigMap, over: ConfigMap): ConfigMap {
  const replaces = versionKeys.some((key) => Object.hasOwn(over, key));
  const kept = Object.entries(own).filter(([key]) => !replaces || !versionKeys.some((each) => each === key));
  return { ...Object.fromEntries(kept), ...over };
}

import type { DocumentPath } from '../../config/job-problem.ts';
import { isYamlMap } from '../../config/yaml-value.ts';
import type { YamlMap, YamlValue } from '../../config/yaml-value.ts';

/** A role that a task names. */
export interface RoleUse {
  readonly task: string;
  readonly role: string;
  readonly path: DocumentPath;
}

/** Where in a task's configuration roles stand; `inner` is the key that holds them, null for the configuration itself. */
interface RolePlace {
  readonly inner: string | null;
}

const itself: readonly RolePlace[] = [{ inner: null }];
const clients: readonly RolePlace[] = [{ inner: 'clients' }];
const daemons: readonly RolePlace[] = [{ inner: null }, { inner: 'daemons' }];

const tasksWithRoles = (names: string, places: readonly RolePlace[]): [string, readonly RolePlace[]][] =>
  names.split(' ').map((name) => [name, places]);

/** Which tasks take roles, and where. Tasks that are not listed may hold texts that only look like roles. */
const table: ReadonlyMap<string, readonly RolePlace[]> = new Map([
  ...tasksWithRoles('exec pexec background_exec localdir ceph_fuse kclient kernel lockfile locktest', itself),
  ...tasksWithRoles('rgw s3tests s3readwrite s3roundtrip swift radosgw_agent rest_api knfsd nfs', itself),
  ...tasksWithRoles('samba cifs_mount qemu admin_socket autotest blktrace tgt iscsi install.upgrade', itself),
  ...tasksWithRoles('workunit rados radosbench rbd_fsx cram omapbench multibench', clients),
  ...tasksWithRoles('watch_notify_same_primary watch_notify_stress filestore_idempotent', clients),
  ...tasksWithRoles('ceph.restart ceph.stop ceph.wait_for_failure', daemons),
]);

/** The roles that a task's configuration names, patterns such as `all`, `clients` and `osd.*` left out. */
export function roleUses(params: { task: string; config: YamlValue; path: DocumentPath }): RoleUse[] {
  const { task, config, path } = params;
  return (table.get(task) ?? []).flatMap(({ inner }) => {
    const holder = inner === null ? config : isYamlMap(config) ? (config.get(inner) ?? null) : null;
    const below = inner === null ? path : [...path, inner];
    return namesIn(holder).flatMap(([step, role]) =>
      isRoleName(role) ? [{ task, role, path: [...below, step] }] : [],
    );
  });
}

function namesIn(holder: YamlValue): [string | number, string][] {
  if (isYamlMap(holder))
    return [...(holder as YamlMap).keys()].flatMap((key) => (typeof key === 'string' ? [[key, key]] : []));
  if (!Array.isArray(holder)) return [];
  return (holder as YamlValue[]).flatMap((item, index) => (typeof item === 'string' ? [[index, item]] : []));
}

const daemonTypes = 'mon|mgr|osd|mds|rgw|client|samba|nfs|host';
const roleName = new RegExp(`^(?:[\\w-]+\\.)?(?:${daemonTypes})\\.[\\w.-]+$`);

/** Whether a text can only be the name of one role: addresses, sub-tasks and patterns are none. */
function isRoleName(text: string): boolean {
  return roleName.test(text);
}

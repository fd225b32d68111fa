import { fromPlain, isYamlMap } from '../../core/config/yaml-value.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import { packageFlavor } from '../../core/suites/collect.ts';
import type { JobDocument } from '../engine/task.ts';

/**
 * The tasks that every job begins with, in the original's order; conditions are those of the job's own keys. With `lock` the
 * job gets its machines first, with `prepare` those that it has are made what it asks for.
 */
export function initialTasks(
  job: JobDocument,
  { lock, prepare }: { lock: boolean; prepare: boolean } = { lock: false, prepare: false },
): { [name: string]: PlainValue }[] {
  const roles = Array.isArray(job['roles']);
  const when = (condition: boolean, ...names: string[]): { [name: string]: PlainValue }[] =>
    condition ? names.map((name) => ({ [name]: null })) : [];
  return [
    ...when(roles && lock, 'internal.lock_machines'),
    ...when(roles && prepare, 'internal.prepare_nodes'),
    ...when(true, 'internal.save_config'),
    ...when(roles, 'internal.check_lock'),
    ...when(true, 'internal.add_remotes'),
    ...when(roles, 'internal.connect', 'internal.serialize_remote_roles', 'internal.check_conflict'),
    ...when(roles && job['use_existing_cluster'] !== true, 'internal.check_ceph_data'),
    ...(roles && (job['kernel'] ?? null) !== null && (job['redhat'] ?? null) === null
      ? [{ kernel: job['kernel'] ?? null }]
      : []),
    ...when(roles, 'internal.base'),
    ...when(true, 'internal.archive_upload'),
    ...when(roles, 'internal.archive'),
    ...when(roles && isForCoverage(job), 'internal.coverage'),
    ...when(roles, 'internal.coredump', 'internal.sudo', 'internal.syslog'),
    ...when(true, 'internal.timer'),
    ...when((job['ceph_cm_ansible'] ?? true) !== false, 'ansible.cephlab'),
    ...when(true, clockTask(job)),
  ];
}

function clockTask(job: JobDocument): string {
  const named = job['clock_sync_task'];
  return typeof named === 'string' && named !== '' ? named : 'clock';
}

/** A job whose programs count what they run: by its own key, or because that is the flavor of what it installs. */
function isForCoverage(job: JobDocument): boolean {
  if (typeof job['coverage'] === 'boolean') return job['coverage'];
  if (job['flavor'] === 'gcov') return true;
  const config = fromPlain(job as { [key: string]: PlainValue });
  return isYamlMap(config) && packageFlavor(config) === 'gcov';
}

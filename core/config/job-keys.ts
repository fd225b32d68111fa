/** The top-level keys of a job that the job itself reads. */
export const jobKeys = [
  'roles',
  'targets',
  'tasks',
  'overrides',
  'kernel',
  'machine_type',
  'machine-type',
  'os_type',
  'os_version',
  'arch',
  'sha1',
  'branch',
  'tag',
  'repo',
  'suite_repo',
  'suite_branch',
  'suite_sha1',
  'suite_relpath',
  'suite_path',
  'suite',
  'name',
  'job_id',
  'description',
  'owner',
  'user',
  'priority',
  'email',
  'timestamp',
  'seed',
  'subset',
  'archive_path',
  'archive_upload',
  'archive_upload_key',
  'archive-on-error',
  'log-compress-min-size',
  'interactive-on-error',
  'sleep_before_teardown',
  'unlock_on_failure',
  'hold_hours',
  'check-locks',
  'sshkeys',
  'use_existing_cluster',
  'ceph_cm_ansible',
  'clock_sync_task',
  'verify_ceph_hash',
  'package_source',
  'openstack',
  'log-rotate',
  'email-on-error',
  'rocketchat',
  'redhat',
  'install',
] as const;

/** Keys that only the scheduler reads, and those that describe a suite's fragments. */
export const schedulerKeys = [
  'first_in_suite',
  'last_in_suite',
  'results_timeout',
  'expire',
  'verbose',
  'flavor',
  'teuthology_branch',
  'teuthology_sha1',
  'teuthology_repo',
  'stop_worker',
  'tube',
  'no_nested_subset',
  'config',
  'worker_log',
  'meta',
  'exclude_arch',
  'exclude_os_type',
  'teuthology',
  'nuke-on-error',
] as const;

export type JobKey = (typeof jobKeys)[number] | (typeof schedulerKeys)[number];

const known: ReadonlySet<string> = new Set([...jobKeys, ...schedulerKeys]);

/** Whether anything reads a top-level key of this name. */
export function isJobKey(key: string): key is JobKey {
  return known.has(key);
}

/** Up to three known keys that a mistyped one may have meant, nearest first. */
export function nearJobKeys(key: string): string[] {
  const limit = Math.max(1, Math.floor(key.length / 3));
  return [...known]
    .map((each) => ({ each, distance: distanceBetween(key, each) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ each }) => each);
}

/** Letters to insert, delete or replace; `-` and `_` count as the same. */
function distanceBetween(from: string, to: string): number {
  const [source, wanted] = [from.replaceAll('-', '_'), to.replaceAll('-', '_')];
  let row = Array.from({ length: wanted.length + 1 }, (_, column) => column);
  for (let index = 0; index < source.length; index++) {
    const next = [index + 1];
    for (let column = 1; column <= wanted.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (source[index] === wanted[column - 1] ? 0 : 1);
      next[column] = Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, replaced);
    }
    row = next;
  }
  return row[wanted.length] ?? 0;
}

import { nearMisses } from './near-misses.ts';

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
  'requirements',
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
  'coverage',
  'flavor',
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
  return nearMisses(key, [...known]);
}

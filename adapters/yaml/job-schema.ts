import { z } from 'zod';
import {
  amount,
  flag,
  map,
  requirements,
  openstackHints,
  roles,
  targets,
  tasks,
  text,
  textOrList,
  wholeNumber,
} from './job-schema-types.ts';
import type { JobKey } from '../../core/config/job-keys.ts';

/** A key that may be left out or be null, which means the same. */
function key<T extends z.ZodType>(
  type: T,
  description: string,
  fallback?: unknown,
): z.ZodOptional<z.ZodNullable<T>> {
  return type
    .nullable()
    .optional()
    .meta(fallback === undefined ? { description } : { description, default: fallback });
}

const machine = {
  roles: key(
    roles,
    'One list for each host, of the roles it plays: [cluster.]type.id. Without it nothing remote happens.',
  ),
  targets: key(
    targets,
    'The hosts to use, user@host, and their SSH host keys; the i-th plays the i-th entry of roles.',
  ),
  machine_type: key(
    text,
    "The class of machines to lock; several separated by commas. Default: the site's default_machine_type.",
  ),
  'machine-type': key(text, 'Another name for machine_type; it wins.'),
  os_type: key(text, "The distribution to ask for: 'ubuntu', 'centos', 'debian'."),
  os_version: key(text, "Its version. Quote it: '16.10' without quotes is the number 16.1."),
  arch: key(text, "The architecture to ask for: 'x86_64', 'aarch64'."),
  requirements: key(
    requirements,
    'What the node of a role must be, where they are not all to be the same: by role, or type of roles.',
  ),
  openstack: key(openstackHints, 'What instances need at least; of several hints the largest numbers win.'),
  kernel: key(map, 'The kernel to install on the hosts before the tasks run.'),
  sshkeys: key(text, "'ignore' = do not check the host keys in targets."),
  'check-locks': key(flag, 'Whether to verify that the owner holds the targets.', true),
  unlock_on_failure: key(
    flag,
    'Whether nodes are released when the job failed; false holds them for hold_hours.',
  ),
  hold_hours: key(amount, 'Hours for which nodes are held for inspection after a failure.', 8),
};

const steps = {
  tasks: key(tasks, 'What the job does, in order; each entry is a map of one task name.', []),
  overrides: key(map, "For each task a configuration that is merged over the task's own and wins."),
  sleep_before_teardown: key(amount, 'Seconds to pause after the last task before anything is undone.', 0),
  'interactive-on-error': key(
    flag,
    'Whether the first failure opens a prompt before anything is cleaned up.',
    false,
  ),
  use_existing_cluster: key(flag, 'Whether the hosts already run the cluster.', false),
  ceph_cm_ansible: key(flag, 'Whether hosts are set up with ansible.cephlab first.', true),
  clock_sync_task: key(text, 'The task that looks after clocks.', 'clock'),
  install: key(map, 'Only repos is looked at: its presence disables the check for packages.'),
  redhat: key(map, 'Subscription and repositories of Red Hat builds.'),
  'log-rotate': key(
    z.record(z.string(), text, { error: 'must be a map of daemon to size' }),
    'Daemons whose logs rotate, and at which size.',
  ),
};

const build = {
  sha1: key(text, 'The commit of the build under test.'),
  branch: key(text, 'Its branch.'),
  tag: key(text, 'Its tag.'),
  repo: key(text, 'The repository it is built from.'),
  flavor: key(text, 'Its flavor.'),
  package_source: key(text, 'Where packages are looked up.', 'shaman'),
  verify_ceph_hash: key(flag, 'Whether to check that packages exist before anything is locked.', true),
  suite: key(text, 'The suite that the job comes from.'),
  suite_repo: key(text, 'The repository of the suite and its tasks.'),
  suite_branch: key(text, 'Its branch. Default: branch.'),
  suite_sha1: key(text, 'Its commit.'),
  suite_relpath: key(text, 'Where the suites are in it.', 'qa'),
  suite_path: key(text, 'A local checkout to use instead.'),
  teuthology_branch: key(text, 'The branch of the framework that scheduled the job.'),
  teuthology_sha1: key(text, 'Its commit.'),
  teuthology_repo: key(text, 'Its repository.'),
};

const identity = {
  name: key(text, 'The run that the job belongs to.'),
  job_id: key(text, 'The number of the job.'),
  description: key(text, 'The fragments that the job is made of.'),
  owner: key(text, 'Who runs the job and holds its locks.'),
  user: key(text, 'Who scheduled the job.'),
  email: key(text, 'Where results of the run are mailed.'),
  'email-on-error': key(text, 'Where summary and config are mailed when the job does not pass.'),
  rocketchat: key(textOrList, 'Who is told before a teardown that sleeps.'),
  priority: key(wholeNumber, 'Lower is sooner.', 1000),
  timestamp: key(text, 'When the run was scheduled.'),
  seed: key(wholeNumber, 'The seed of the random choices in the suite.'),
  subset: key(text, 'The part of the suite that the run takes: M/N.'),
  expire: key(text, 'When a job that has not started is given up.'),
  results_timeout: key(text, 'Seconds to wait for jobs before results are mailed.', 43200),
};

const archive = {
  archive_path: key(text, "The job's archive folder, as --archive."),
  archive_upload: key(text, 'Where the archive is copied at the end, for rsync.'),
  archive_upload_key: key(text, 'The private key for that.'),
  'archive-on-error': key(flag, 'Whether hosts are archived only when the job did not pass.', false),
  coverage: key(
    flag,
    'Whether programs that were compiled with gcov leave their counters in the archive. Default: true where the flavor is gcov.',
  ),
  'log-compress-min-size': key(
    text,
    'Files at least this large are compressed while they are fetched.',
    '128MB',
  ),
};

const scheduler = {
  first_in_suite: key(flag, 'Marks the job that records the parameters of a run.'),
  last_in_suite: key(flag, 'Marks the job that reports the results of a run.'),
  verbose: key(flag, 'Whether debug lines are logged.', false),
  stop_worker: key(flag, 'Asked a worker to stop.'),
  tube: key(text, 'The queue that the job was in.'),
  no_nested_subset: key(flag, 'Whether subsets of nested suites are ignored.', false),
  config: key(map, 'An older form: its keys belong to the top level.'),
  worker_log: key(text, 'The log of whoever started the job.'),
  meta: key(z.unknown(), 'What a fragment says about itself: [{desc: ...}].'),
  exclude_arch: key(text, 'The architecture that the job is not for.'),
  exclude_os_type: key(text, 'The distribution that the job is not for.'),
  teuthology: key(map, 'Scripts of a fragment: premerge, postmerge and meta.'),
  'nuke-on-error': key(flag, 'Has no effect; nodes are always cleaned.'),
};

/** A whole job in plain form: every key that is read, its type, and what happens without it. Other keys are left alone. */
export const jobSchema = z
  .looseObject({ ...machine, ...steps, ...build, ...identity, ...archive, ...scheduler } satisfies Record<
    JobKey,
    z.ZodType
  >)
  .meta({
    title: 'Loligo job',
    description: 'A job, or a part of one: what to run on, and which tasks to run.',
  });

/** The JSON Schema of a job file, for editors. */
export function jobJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(jobSchema, { io: 'input', target: 'draft-7', unrepresentable: 'any' });
}

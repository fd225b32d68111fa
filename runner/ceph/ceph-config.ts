import { argument, taskArguments } from '../tasks/args.ts';
import { count, either, flag, map, optional, seconds, text, texts } from '../tasks/argument-kinds.ts';
import type { ArgumentKind } from '../tasks/argument-kinds.ts';

const clusterName: ArgumentKind<string> = {
  name: 'a name of letters, digits, _ and -',
  read: (value) => (typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value) ? value : undefined),
};

/** The keys of the `ceph` task. Those that only choose how the original made file systems for FileStore are taken and do nothing. */
export const cephArguments = taskArguments('ceph', {
  cluster: argument({
    usage: 'which cluster: roles are `osd.0`, or `backup.osd.0` for `cluster: backup`',
    kind: clusterName,
    fallback: 'ceph',
  }),
  conf: argument({
    usage: 'settings of ceph.conf by section, over those of the template',
    kind: map,
    fallback: {},
  }),
  'log-ignorelist': argument({
    usage: 'patterns (extended regular expressions) of lines in the cluster log that are no failure',
    kind: texts,
    fallback: [],
  }),
  'log-whitelist': argument({ usage: 'the same, under its old name', kind: texts, fallback: [] }),
  'log-only-match': argument({
    usage: 'when given, only lines with one of these patterns count as a failure',
    kind: texts,
    fallback: [],
  }),
  'wait-for-healthy': argument({
    usage: 'whether the task ends only when the cluster is healthy',
    kind: flag,
    fallback: true,
  }),
  'wait-for-scrub': argument({
    usage: 'whether every OSD is deep-scrubbed before the daemons stop',
    kind: flag,
    fallback: false,
  }),
  'healthy-timeout': argument({ usage: 'how long becoming healthy may take', kind: seconds, fallback: 600 }),
  create_rbd_pool: argument({ usage: 'whether a pool `rbd` is made', kind: flag, fallback: true }),
  max_mds: argument({ usage: 'active metadata servers of the file system', kind: count, fallback: 1 }),
  skip_mgr_daemons: argument({
    usage: 'whether the cluster has no manager; it then is never healthy',
    kind: flag,
    fallback: false,
  }),
  watchdog_daemon_timeout: argument({
    usage: 'how long a daemon may be dead before that fails the job',
    kind: seconds,
    fallback: 5,
  }),
  valgrind: argument({
    usage: 'arguments of valgrind for daemons, by type or role',
    kind: optional(map),
    fallback: null,
  }),
  expect_valgrind_errors: argument({
    usage: 'whether valgrind must find something, instead of nothing',
    kind: flag,
    fallback: false,
  }),
  cpu_profile: argument({
    usage: 'types or roles of daemons whose profile by gperftools is archived, where their build has it',
    kind: texts,
    fallback: [],
  }),
  coverage: argument({
    usage: 'whether daemons are ended in a way that lets them write what code was run',
    kind: flag,
    fallback: false,
  }),
  crush_tunables: argument({ usage: 'the CRUSH profile', kind: text, fallback: 'default' }),
  flavor: argument({
    usage: 'as suites say it; which packages there are is the word of `install`',
    kind: optional(text),
    fallback: null,
  }),
  sha1: argument({ usage: 'as `flavor`', kind: optional(text), fallback: null }),
  branch: argument({ usage: 'as `flavor`', kind: optional(text), fallback: null }),
  fs: argument({
    usage: 'taken and not used: stores are made by BlueStore itself',
    kind: optional(text),
    fallback: null,
  }),
  mkfs_options: argument({ usage: 'as `fs`', kind: optional(either(text, texts)), fallback: null }),
  mount_options: argument({ usage: 'as `fs`', kind: optional(either(text, texts)), fallback: null }),
  block_journal: argument({ usage: 'as `fs`', kind: optional(flag), fallback: null }),
  tmpfs_journal: argument({ usage: 'as `fs`', kind: optional(flag), fallback: null }),
  config: argument({
    usage: 'taken and not used, as there; settings are in `conf`',
    kind: map,
    fallback: {},
  }),
});

export type CephConfig = ReturnType<typeof cephArguments.read>;

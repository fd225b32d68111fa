/**
 * Tasks that suites of the original name and that are not built in here, and what to do instead. A suite's own task of the name comes first.
 */
const elsewhere: Readonly<Record<string, string>> = {
  blktrace: 'tracing of block devices is not done here: start blktrace with background_exec',
  buildpackages:
    "packages are not built here: give install a builder ('shaman') or repositories ('repos') that have them",
  ceph_ansible: "clusters are made by the task 'ceph'; the task 'ansible' runs playbooks of a repository",
  ceph_deploy: "clusters are made by the task 'ceph'",
  ceph_manager:
    "pools and daemons are changed by the ceph program: write it into 'exec', or use ceph.restart",
  cephadm: "clusters are made of packages by the task 'ceph', not of containers",
  cephmetrics: "its playbooks run with the task 'ansible'",
  chef: "hosts are prepared by the task 'ansible'",
  console_log: 'serial consoles are not recorded',
  coprs: "repositories are given to install with 'repos'",
  hadoop: 'Hadoop is not set up by a task',
  iscsi: 'iSCSI targets are not set up by a task',
  kclient: "the file system is mounted by 'ceph_fuse', which needs nothing of the host's kernel",
  knfsd: 'NFS servers are not set up by a task',
  mds_thrash: "of the daemons, 'thrashosds' and 'mon_thrash' trouble OSDs and monitors",
  mpi: 'MPI is not set up by a task',
  multibench: "run several 'radosbench' in a 'parallel'",
  nfs: 'NFS mounts are not made by a task',
  pcp: 'there is no Performance Co-Pilot here: numbers of the lab are at /metrics',
  proc_thrasher: "start what disturbs with 'background_exec'",
  qemu: "virtual machines are not started on hosts; 'rbd' has images for a test",
  restart: "daemons are restarted by 'ceph.restart'",
  s3tests: "the task 's3' checks a gateway with a real S3 client",
  samba: 'Samba is not set up by a task',
  swift: "the task 's3' checks a gateway with a real S3 client; there is no Swift client",
  tasktest: "try how tasks nest with 'timer', 'sleep' and 'print'",
  wait_for_package: "'install' waits for repositories that are down, not for builds that are not done",
};

/** What a job that names such a task should say instead; null for a name that the original does not have either. */
export function insteadOf(name: string): string | null {
  return Object.hasOwn(elsewhere, name) ? (elsewhere[name] ?? null) : null;
}

/** Their names. */
export const originalTasks: readonly string[] = Object.keys(elsewhere);

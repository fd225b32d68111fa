import type { InstallConfig } from './install-arguments.ts';

/** What Ceph's own builds are packed into. */
const ofBuilder = {
  deb: [
    'ceph',
    'ceph-mds',
    'ceph-common',
    'ceph-fuse',
    'ceph-test',
    'radosgw',
    'python3-rados',
    'python3-rgw',
    'python3-cephfs',
    'python3-rbd',
    'libcephfs2',
    'librados2',
    'librbd1',
    'rbd-fuse',
  ],
  rpm: [
    'ceph-radosgw',
    'ceph-test',
    'ceph',
    'ceph-fuse',
    'libcephfs2',
    'librados2',
    'librbd1',
    'python3-rados',
    'python3-rgw',
    'python3-cephfs',
    'python3-rbd',
    'rbd-fuse',
  ],
};

/** What distributions pack it into: the programs of ceph-test are in no distribution. */
const ofDistribution = {
  deb: [
    'ceph',
    'ceph-mon',
    'ceph-mgr',
    'ceph-osd',
    'ceph-mds',
    'ceph-common',
    'ceph-fuse',
    'radosgw',
    'rbd-fuse',
  ],
  rpm: ofBuilder.rpm.filter((name) => name !== 'ceph-test'),
};

/** What is installed on a host, sorted out of the config: `versioned` in the version of the build, `system` as the host's system has it. */
export interface PackageList {
  readonly versioned: readonly string[];
  readonly system: readonly string[];
}

/** The packages that a config asks for. Projects other than Ceph are one package of their name, unless the config says otherwise. */
export function packageList(
  config: InstallConfig,
  host: { readonly packageType: 'deb' | 'rpm'; readonly fromDistribution: boolean },
): PackageList {
  const { packageType: type } = host;
  const excluded = new Set(config.exclude_packages[type]);
  const keep = (name: string): boolean =>
    !excluded.has(name) && (config.debuginfo || !/-(?:dbg|dbgsym|debuginfo|debugsource)$/.test(name));
  const wanted = [...(config.packages?.[type] ?? usual(config, host)), ...config.extra_packages[type]];
  return {
    versioned: [...new Set(wanted)].filter(keep),
    system: [...new Set(config.extra_system_packages[type])].filter(keep),
  };
}

function usual(
  { project, install_ceph_packages }: InstallConfig,
  { packageType, fromDistribution }: Parameters<typeof packageList>[1],
): readonly string[] {
  if (project !== 'ceph') return [project];
  const all = fromDistribution ? ofDistribution : ofBuilder;
  if (install_ceph_packages) return all[packageType];
  return fromDistribution ? ['librados2'] : ['librados2', 'ceph-test'];
}

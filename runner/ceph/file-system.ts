import type { CephLayout } from './ceph-layout.ts';

/** The commands that make the file system `cephfs`; none without a metadata server. */
export function makeFileSystem(layout: CephLayout, maxMds: number): string[][] {
  if (layout.mdss.length === 0) return [];
  return [
    ['osd', 'pool', 'create', 'cephfs_metadata', '8'],
    ['osd', 'pool', 'create', 'cephfs_data', '8'],
    ['fs', 'new', 'cephfs', 'cephfs_metadata', 'cephfs_data'],
    ...(maxMds > 1 ? [['fs', 'set', 'cephfs', 'max_mds', String(maxMds)]] : []),
  ];
}

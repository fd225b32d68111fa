import { describe, expect, test } from 'vitest';
import type { PlainValue } from '../engine/task.ts';
import { cephArguments } from '../ceph/ceph-config.ts';
import { poolCommands } from '../ceph/test-pool.ts';
import { cephFuseArguments } from './ceph_fuse.ts';
import { cramArguments } from './cram.ts';
import { installArguments } from './install/install-arguments.ts';
import { monThrashArguments } from './mon_thrash.ts';
import { radosArguments } from './rados.ts';
import { radosbenchArguments } from './radosbench.ts';
import { rgwArguments } from './rgw.ts';
import { workunitArguments } from './workunit/workunit-arguments.ts';
import { thrashosdsArguments } from './thrashosds.ts';

const profile = { name: 'testprofile', k: 3, m: 1, 'ruleset-failure-domain': 'osd' };

// What the suites of Ceph's own repository give to these tasks, key by key.
const configs: readonly (readonly [string, { read(config: PlainValue): unknown }, PlainValue])[] = [
  ['ceph', cephArguments, { fs: 'xfs', 'log-whitelist': ['x'], conf: {}, cluster: 'c', config: {} }],
  [
    'ceph',
    cephArguments,
    { 'wait-for-scrub': false, expect_valgrind_errors: true, crush_tunables: 'bobtail' },
  ],
  [
    'ceph',
    cephArguments,
    { valgrind: { mon: ['--tool=memcheck'] }, 'wait-for-healthy': false, cpu_profile: ['osd'] },
  ],
  [
    'ceph-fuse',
    cephFuseArguments,
    { mounted: false, valgrind: ['--tool=memcheck'], mount_wait: 60, coverage: true },
  ],
  [
    'workunit',
    workunitArguments,
    { clients: { all: ['a.sh'] }, no_coverage_and_limits: true, env: { A: 1 } },
  ],
  ['cram', cramArguments, { clients: { 'client.0': ['http://x/a.t'] }, branch: 'main' }],
  [
    'mon_thrash',
    monThrashArguments,
    { revive_delay: 20, thrash_delay: 1, thrash_many: true, thrash_store: true },
  ],
  ['mon_thrash', monThrashArguments, { freeze_mon_duration: 20, freeze_mon_probability: 10 }],
  ['rados', radosArguments, { clients: ['client.0'], ops: 4000, objects: 50, size: 16384, pools: ['base'] }],
  ['rados', radosArguments, { max_seconds: 600, max_in_flight: 8, pool_snaps: true, fast_read: true }],
  ['rados', radosArguments, { ec_pool: true, erasure_code_profile: profile, write_append_excl: false }],
  ['rados', radosArguments, { erasure_code_use_hacky_overwrites: true, write_fadvise_dontneed: true }],
  ['radosbench', radosbenchArguments, { clients: ['client.0'], time: 150, unique_pool: true, ec_pool: true }],
  ['rgw', rgwArguments, { 'ec-data-pool': true, erasure_code_profile: profile, 'cache-pools': true }],
  ['rgw', rgwArguments, { frontend: 'apache', use_fcgi: true, default_idle_timeout: 300 }],
  [
    'thrashosds',
    thrashosdsArguments,
    { timeout: 1200, chance_pgnum_grow: 1, chance_pgpnum_fix: 1, min_in: 4 },
  ],
  ['thrashosds', thrashosdsArguments, { chance_down: 1, op_delay: 1, clean_interval: 120, powercycle: true }],
  ['thrashosds', thrashosdsArguments, { bdev_inject_crash: 2, bdev_inject_crash_probability: 0.5 }],
  [
    'thrashosds',
    thrashosdsArguments,
    { chance_test_map_discontinuity: 0.5, disable_objectstore_tool_tests: true },
  ],
  ['install', installArguments, { branch: 'jewel', tag: 'v1', flavor: 'notcmalloc', debuginfo: true }],
  [
    'install',
    installArguments,
    { exclude_packages: ['ceph-test'], extra_packages: ['x'], project: 'samba', sha1: 'a1' },
  ],
];

describe('keys that suites have', () => {
  test.each(configs)('%s understands them', (_name, table, config) => {
    expect(() => table.read(config)).not.toThrow();
  });

  test('an erasure-coded pool is made of its profile, whose failure domain has its new name', () => {
    const [set, create] = poolCommands('p', profile, 'rgw');
    expect(set).toEqual(
      'osd erasure-code-profile set testprofile k=3 m=1 crush-failure-domain=osd --force'.split(' '),
    );
    expect(create).toEqual('osd pool create p 8 8 erasure testprofile'.split(' '));
    expect(poolCommands('p', {}, 'rgw')[0]).toContain('teuthologyprofile');
    expect(poolCommands('p', null, 'rgw')[0]).toEqual(['osd', 'pool', 'create', 'p', '8']);
  });
});

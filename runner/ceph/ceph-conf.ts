import type { ConfigMap } from '../tasks/task-config.ts';
import { isConfigMap, TaskConfigError } from '../tasks/task-config.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';

/** The settings of a ceph.conf by section; keys are spelt with `_`. */
export type CephConf = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * What a small test cluster needs to become healthy in seconds: few placement groups, quick heartbeats, stores that are sparse
 * files, and no warnings about being small. Levels of the debug logs are Ceph's own.
 */
const template: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  global: {
    auth_cluster_required: 'cephx',
    auth_service_required: 'cephx',
    auth_client_required: 'cephx',
    auth_allow_insecure_global_id_reclaim: 'false',
    log_file: '/var/log/ceph/$cluster-$name.log',
    log_to_stderr: 'false',
    pid_file: '/var/run/ceph/$cluster-$name.pid',
    osd_pool_default_size: '2',
    osd_pool_default_min_size: '1',
    osd_pool_default_pg_num: '8',
    osd_pool_default_pgp_num: '8',
    osd_pool_default_pg_autoscale_mode: 'off',
    osd_crush_chooseleaf_type: '0',
    mon_max_pg_per_osd: '10000',
    mon_pg_warn_min_per_osd: '0',
    mon_warn_on_pool_no_redundancy: 'false',
    mon_allow_pool_delete: 'true',
    mon_clock_drift_allowed: '1.0',
    mon_osd_min_down_reporters: '1',
    mon_health_detail_to_clog: 'false', // its lines do not carry the name of the check that an ignore list has
    mon_data_avail_warn: '5',
    mon_data_avail_crit: '2',
  },
  mon: { mon_cluster_log_file: '/var/log/ceph/$cluster.log', mgr_initial_modules: '' },
  mgr: {},
  osd: {
    osd_objectstore: 'bluestore',
    osd_memory_target: '939524096', // the least that Pacific takes
    bluestore_block_size: '4294967296', // a sparse file
    memstore_device_bytes: '1073741824',
    osd_heartbeat_interval: '2',
    osd_heartbeat_grace: '8',
    osd_max_backfills: '8',
    osd_recovery_max_active: '16',
    osd_recovery_sleep_hdd: '0',
    osd_recovery_sleep_hybrid: '0',
    osd_op_num_shards: '2',
    osd_op_num_threads_per_shard: '1',
  },
  mds: { mds_cache_memory_limit: '268435456' },
  client: {
    log_file: '/var/log/ceph/$cluster-$name.$pid.log',
    admin_socket: '/var/run/ceph/$cluster-$name.$pid.asok',
  },
  'client.admin': { log_file: '/var/log/ceph/$cluster-$name.log' }, // one for all commands of the tasks
};

/** The template with what identifies the cluster, and the job's own settings over it: those win, key by key. */
export function makeConf(params: {
  identity: Readonly<Record<string, string>>; // for [global]
  given: ConfigMap; // section -> key -> value, as in the job
}): CephConf {
  const conf = new Map<string, Map<string, string>>();
  const put = (section: string, key: string, value: string): void => {
    const keys = conf.get(section) ?? new Map<string, string>();
    conf.set(section, keys.set(key.trim().replaceAll(/[\s-]+/g, '_'), value));
  };
  for (const [section, keys] of Object.entries(template)) {
    for (const [key, value] of Object.entries(keys)) put(section, key, value);
  }
  for (const [key, value] of Object.entries(params.identity)) put('global', key, value);
  for (const [section, keys] of Object.entries(params.given)) {
    const at = `conf.${section}`;
    if (keys === null) continue;
    if (!isConfigMap(keys)) {
      throw new TaskConfigError({
        task: 'ceph',
        path: at,
        expected: 'a map from settings to values',
        given: keys,
      });
    }
    for (const [key, value] of Object.entries(keys)) put(section, key, confValue(`${at}.${key}`, value));
  }
  return conf;
}

function confValue(path: string, value: PlainValue): string {
  if (value === null) return '';
  const plain = typeof value === 'object' ? null : String(value);
  if (plain === null || /[\n\r]/.test(plain)) {
    throw new TaskConfigError({
      task: 'ceph',
      path,
      expected: 'a text of one line, a number, true or false',
      given: value,
    });
  }
  return plain;
}

/** The file's text. */
export function printConf(conf: CephConf): string {
  return [...conf]
    .map(
      ([section, keys]) =>
        `[${section}]\n${[...keys].map(([key, value]) => `\t${key} = ${value}\n`).join('')}`,
    )
    .join('\n');
}

/** A setting as a daemon of that type sees it. */
export function settingOf(conf: CephConf, daemon: { type: string; id: string }, key: string): string | null {
  const sections = [`${daemon.type}.${daemon.id}`, daemon.type, 'global'];
  return sections.map((section) => conf.get(section)?.get(key)).find((value) => value !== undefined) ?? null;
}

import { cephCluster } from '../ceph/ceph-cluster.ts';
import { readClientsAndSettings } from '../ceph/client-roles.ts';
import type { ClientRole } from '../ceph/client-roles.ts';
import { createDaemon } from '../ceph/daemon.ts';
import { gatewaysOf } from '../ceph/gateways.ts';
import { helperOn } from '../ceph/start-daemons.ts';
import { watchDeaths } from '../ceph/watchdog.ts';
import { poolCommands } from '../ceph/test-pool.ts';
import { valgrindWords } from '../ceph/valgrind.ts';
import { cephCommands } from '../ceph/ceph-cluster.ts';
import type { Task, TaskContext } from '../engine/task.ts';
import { argument, taskArguments } from './args.ts';
import { either, flag, map, optional, text, texts } from './argument-kinds.ts';
import { sayTaken, takenKeys } from './taken-keys.ts';
import type { ConfigMap } from './task-config.ts';

const firstPort = 7280; // the original's

const taken = ['frontend', 'use_fcgi', 'cache-pools', 'default_idle_timeout'] as const;

/** The settings of all gateways, beside the clients. */
export const rgwArguments = taskArguments('rgw', {
  'ec-data-pool': argument({
    usage: 'whether the data is in an erasure-coded pool',
    kind: flag,
    fallback: false,
  }),
  erasure_code_profile: argument({ usage: 'of that pool', kind: map, fallback: {} }),
  realm: argument({ usage: 'refused: there is one zone', kind: optional(either(text, map)), fallback: null }),
  regions: argument({ usage: 'as `realm`', kind: optional(map), fallback: null }),
  ...takenKeys(taken),
});

const clientArguments = taskArguments('rgw', {
  valgrind: argument({ usage: 'arguments of valgrind', kind: optional(either(text, texts)), fallback: null }),
  'system user': argument({ usage: 'a system user to make', kind: optional(map), fallback: null }),
  ...takenKeys(['idle_timeout']),
});

/** A gateway cannot be had as the job wants it. */
class GatewayError extends Error {
  override readonly name = 'GatewayError';
}

/** Runs an object gateway on the host of each client while the tasks below it run; they answer at port 7280 and on, counted over all of them. */
export const task: Task = async (ctx, config) => {
  const { clients, settings } = readClientsAndSettings(ctx, 'rgw', config);
  const read = rgwArguments.read(settings);
  if (read.realm !== null || read.regions !== null)
    throw new GatewayError(
      "rgw: gateways of several zones are not made here; leave 'realm' and 'regions' out",
    );
  sayTaken(ctx, { task: 'rgw', read, keys: taken });
  if (read['ec-data-pool']) await makeDataPools(ctx, clients, read.erasure_code_profile);
  for (const [index, client] of clients.entries()) await startGateway(ctx, client, firstPort + index);
};

async function startGateway(ctx: TaskContext, client: ClientRole, port: number): Promise<void> {
  const { remote, name, cluster: clusterName } = client;
  const cluster = cephCluster(ctx, 'rgw', clusterName);
  const own = clientArguments.read(client.config);
  const begin = valgrindWords(ctx, own.valgrind === null ? null : [own.valgrind].flat(), {
    report: client.role,
    remote,
  });
  const log = `/var/log/ceph/rgw.${client.role}.log`;
  const daemon = createDaemon({
    role: `rgw.${client.id}`,
    cluster: clusterName,
    type: 'rgw',
    id: client.id,
    remote,
    helper: await helperOn(ctx, remote),
    words: [
      ...begin,
      'radosgw',
      '--foreground',
      '--cluster',
      clusterName,
      '-n',
      name,
      '-k',
      `/etc/ceph/${clusterName}.${name}.keyring`,
      '--rgw-frontends',
      `beast port=${port}`,
      '--log-file',
      log,
    ],
    end: 'term',
    log: ctx.log.child(client.role),
    onDeath: watchDeaths(ctx, { seconds: 5 }),
  });
  cluster.daemons.push(daemon);
  ctx.defer(async () => {
    await daemon.stop();
    cluster.daemons.splice(cluster.daemons.indexOf(daemon), 1);
  });
  await daemon.start();
  const wait = `for try in $(seq 600); do (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null && exit 0; sleep 0.2; done; exit 1`;
  const { exitStatus } = await remote.run(['bash', '-c', wait], {
    check: false,
    label: 'wait for the gateway',
    timeoutMs: 150_000,
  });
  if (daemon.died) throw daemon.died;
  if (exitStatus !== 0)
    throw new GatewayError(
      `rgw: the gateway of ${client.role} on ${remote.shortname} does not answer at port ${port}`,
    );
  if (own['system user'] !== null) await makeSystemUser(client, own['system user']);
  const gateways = gatewaysOf(ctx);
  gateways.set(client.role, { client, host: cluster.addresses.get(remote) ?? remote.hostname, port });
  ctx.defer(() => void gateways.delete(client.role));
}

/** The gateways make their pools themselves, but for this one, which is there before them. */
async function makeDataPools(
  ctx: TaskContext,
  clients: readonly ClientRole[],
  profile: ConfigMap,
): Promise<void> {
  for (const name of new Set(clients.map((client) => client.cluster)))
    await cephCommands(
      cephCluster(ctx, 'rgw', name),
      poolCommands('default.rgw.buckets.data', profile, 'rgw'),
    );
}

async function makeSystemUser({ remote, cluster, name }: ClientRole, user: ConfigMap): Promise<void> {
  const text = (key: string): string => String(user[key] ?? '');
  const who = ['--uid', text('name'), '--display-name', text('name'), '--system'];
  const keys = ['--access-key', text('access key'), '--secret', text('secret key')];
  const admin = ['sudo', 'radosgw-admin', '--cluster', cluster, '-n', name];
  await remote.run([...admin, 'user', 'create', ...who, ...keys], { quiet: true });
}

import { cephCluster } from '../ceph/ceph-cluster.ts';
import { readClients } from '../ceph/client-roles.ts';
import type { ClientRole } from '../ceph/client-roles.ts';
import { createDaemon } from '../ceph/daemon.ts';
import { gatewaysOf } from '../ceph/gateways.ts';
import { helperOn } from '../ceph/start-daemons.ts';
import { watchDeaths } from '../ceph/watchdog.ts';
import { withOverrides } from '../../core/config/overrides.ts';
import type { Task, TaskContext } from '../engine/task.ts';

const firstPort = 7280; // the original's

/** A gateway did not answer in time. */
class GatewayError extends Error {
  override readonly name = 'GatewayError';
}

/** Runs an object gateway on the host of each client while the tasks below it run; they answer at port 7280 and on, counted over all of them. */
export const task: Task = async (ctx, config) => {
  const clients = readClients(ctx, 'rgw', withOverrides(ctx.job, 'rgw', config));
  for (const [index, client] of clients.entries()) await startGateway(ctx, client, firstPort + index);
};

async function startGateway(ctx: TaskContext, client: ClientRole, port: number): Promise<void> {
  const { remote, name, cluster: clusterName } = client;
  const cluster = cephCluster(ctx, 'rgw', clusterName);
  const log = `/var/log/ceph/rgw.${client.role}.log`;
  const daemon = createDaemon({
    role: `rgw.${client.id}`,
    cluster: clusterName,
    type: 'rgw',
    id: client.id,
    remote,
    helper: await helperOn(ctx, remote),
    words: [
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
  const gateways = gatewaysOf(ctx);
  gateways.set(client.role, { client, host: cluster.addresses.get(remote) ?? remote.hostname, port });
  ctx.defer(() => void gateways.delete(client.role));
}

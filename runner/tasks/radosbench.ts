import { cephCluster } from '../ceph/ceph-cluster.ts';
import { readClients } from '../ceph/client-roles.ts';
import { makeTestPool, unusedPool } from '../ceph/test-pool.ts';
import type { PlainValue, Task } from '../engine/task.ts';
import { argument, taskArguments } from './args.ts';
import { count, flag, map, optional, seconds, text, texts } from './argument-kinds.ts';

export const radosbenchArguments = taskArguments('radosbench', {
  clients: argument({
    usage: 'clients that write; all of them when left out',
    kind: optional(texts),
    fallback: null,
  }),
  time: argument({ usage: 'how long to write', kind: seconds, fallback: 360 }),
  size: argument({ usage: 'bytes of an object', kind: count, fallback: 4_194_304 }),
  concurrency: argument({ usage: 'writes on their way at once', kind: count, fallback: 16 }),
  pool: argument({
    usage: 'the pool; otherwise one is made for each client',
    kind: optional(text),
    fallback: null,
  }),
  create_pool: argument({ usage: 'whether a named pool is made, and removed', kind: flag, fallback: true }),
  cleanup: argument({ usage: 'whether the objects are removed', kind: flag, fallback: true }),
  unique_pool: argument({ usage: 'as if `pool` were left out', kind: flag, fallback: false }),
  ec_pool: argument({
    usage: 'whether the pools that are made are erasure-coded',
    kind: flag,
    fallback: false,
  }),
  erasure_code_profile: argument({ usage: 'of such pools', kind: map, fallback: {} }),
});

/** Writes with `rados bench` on each client in the background while the tasks below it run; waited for when the list unwinds. */
export const task: Task = async (ctx, config) => {
  const read = radosbenchArguments.read(config);
  const clients = readClients(ctx, 'radosbench', (read.clients as PlainValue) ?? null);
  for (const client of clients) {
    const cluster = cephCluster(ctx, 'radosbench', client.cluster);
    const named = read.unique_pool ? null : read.pool;
    const pool = named ?? unusedPool(cluster);
    if (named === null || (read.create_pool && client === clients[0]))
      await makeTestPool(ctx, cluster, pool, { erasure: read.ec_pool ? read.erasure_code_profile : null });
    const words = [
      '--no-log-to-stderr',
      '--cluster',
      client.cluster,
      '--name',
      client.name,
      '-p',
      pool,
      '-b',
      String(read.size),
    ];
    const tail = ['-t', String(read.concurrency), ...(read.cleanup ? [] : ['--no-cleanup'])];
    const bench = await client.remote.start(
      ['rados', ...words, 'bench', String(Math.max(1, Math.round(read.time))), 'write', ...tail],
      {
        logger: ctx.log.child(client.role),
        label: 'radosbench',
        timeoutMs: (read.time * 5 + 180) * 1000,
      },
    );
    bench.wait().catch(() => {}); // Its failure is thrown by the undo.
    ctx.defer(async () => {
      ctx.log.info(`joining radosbench of ${client.role}`);
      await bench.wait();
    });
  }
};

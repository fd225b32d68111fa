import { randomInt } from 'node:crypto';
import { cephCluster } from '../ceph/ceph-cluster.ts';
import type { CephCluster } from '../ceph/ceph-cluster.ts';
import { readClients } from '../ceph/client-roles.ts';
import type { ClientRole } from '../ceph/client-roles.ts';
import { createOpMix } from '../ceph/op-mix.ts';
import type { Op, OpName } from '../ceph/op-mix.ts';
import { seededRandom } from '../ceph/random.ts';
import { makeTestPool, unusedPool } from '../ceph/test-pool.ts';
import { CommandFailedError } from '../remote/command-errors.ts';
import type { PlainValue, Task, TaskContext } from '../engine/task.ts';
import { argument, taskArguments } from './args.ts';
import { count, either, flag, map, optional, seconds, text, texts } from './argument-kinds.ts';
import { sayTaken, takenKeys } from './taken-keys.ts';
import { TaskConfigError } from './task-config.ts';

const taken = [
  'max_in_flight',
  'min_stride_size',
  'max_stride_size',
  'write_append_excl',
  'write_fadvise_dontneed',
  'pool_snaps',
  'fast_read',
  'erasure_code_use_hacky_overwrites',
  'erasure_code_use_overwrites',
  'no_omap',
  'no_sparse',
  'cluster',
] as const;

// Of the original's program, and not of ours.
const otherOps =
  /^(snap_create|snap_remove|rollback|copy_from|setattr|rmattr|watch|hit_set_list|is_dirty|cache_\w+|undirty|chunk_read|tier_\w+|set_\w+|unset_redirect|(write|append)_excl)$/;

export const radosArguments = taskArguments('rados', {
  clients: argument({
    usage: 'clients that do it; all of them when left out',
    kind: optional(texts),
    fallback: null,
  }),
  ops: argument({ usage: 'operations of each client', kind: count, fallback: 200 }),
  objects: argument({ usage: 'objects that each client works on', kind: count, fallback: 50 }),
  object_size: argument({ usage: 'bytes of a write, at most', kind: count, fallback: 65_536 }),
  op_weights: argument({
    usage: 'how often `read`, `write`, `append` and `delete` are drawn',
    kind: map,
    fallback: {},
  }),
  max_seconds: argument({
    usage: 'no new operations after so long; 0 is no limit',
    kind: seconds,
    fallback: 0,
  }),
  runs: argument({ usage: 'how often all of it is done', kind: count, fallback: 1 }),
  size: argument({ usage: 'the same as `object_size`', kind: optional(count), fallback: null }),
  pools: argument({ usage: 'several pools that are there', kind: optional(texts), fallback: null }),
  ec_pool: argument({
    usage: 'whether the pools that are made are erasure-coded',
    kind: flag,
    fallback: false,
  }),
  erasure_code_profile: argument({ usage: 'of such pools', kind: map, fallback: {} }),
  pool: argument({
    usage: 'a pool that is there; otherwise each client makes one',
    kind: optional(text),
    fallback: null,
  }),
  seed: argument({
    usage: 'repeats the operations of another run; drawn and logged when left out',
    kind: optional(either(count, text)),
    fallback: null,
  }),
  ...takenKeys(taken),
});

type Config = ReturnType<typeof radosArguments.read>;

/** An operation did not do what the model of the objects says. */
class RadosMismatchError extends Error {
  override readonly name = 'RadosMismatchError';
}

const batch = 25; // operations in one round trip

/**
 * Does random operations on objects in the background with the `rados` tool while the tasks below it run, and checks each read
 * against a model of what was written. It is waited for when the list unwinds, and its failure is the job's.
 */
export const task: Task = async (ctx, config) => {
  const read = radosArguments.read(config);
  const seed = Number(read.seed ?? randomInt(2 ** 31));
  const weights = weightsOf(ctx, read);
  sayTaken(ctx, { task: 'rados', read, keys: taken });
  const clients = readClients(ctx, 'rados', (read.clients as PlainValue) ?? null);
  ctx.log.info(`rados: seed ${seed}; give 'seed: ${seed}' for the same operations`);
  const failed = new AbortController();
  const targets = await Promise.all(
    clients.flatMap((client) =>
      (read.pools ?? [read.pool]).map(async (named) => ({
        client,
        pool: await poolFor(ctx, client, { named, erasure: read.ec_pool ? read.erasure_code_profile : null }),
      })),
    ),
  );
  const work = Promise.allSettled(
    targets.map(({ client, pool }, index) =>
      runClient(ctx, { client, pool, read, weights, seed: seed + index }).catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  ctx.defer(async () => {
    ctx.log.info('joining rados');
    const end = (await work).find((each) => each.status === 'rejected');
    if (end) throw end.reason;
  });
};

async function poolFor(
  ctx: TaskContext,
  client: ClientRole,
  { named, erasure }: { named: string | null; erasure: Config['erasure_code_profile'] | null },
): Promise<string> {
  const cluster: CephCluster = cephCluster(ctx, 'rados', client.cluster);
  if (named !== null) return named;
  const pool = unusedPool(cluster);
  await makeTestPool(ctx, cluster, pool, { erasure });
  return pool;
}

function weightsOf(ctx: TaskContext, { op_weights: given, ec_pool }: Config): Record<OpName, number> {
  const weights: Record<OpName, number> = { read: 100, write: 100, append: 20, delete: 10 };
  const others = Object.keys(given).filter((name) => otherOps.test(name));
  if (others.length > 0) ctx.log.info(`rados: these operations are not done here: ${others.join(', ')}`);
  for (const [name, weight] of Object.entries(given)) {
    if (others.includes(name)) continue;
    if (!Object.hasOwn(weights, name) || typeof weight !== 'number' || weight < 0) {
      throw new TaskConfigError({
        task: 'rados',
        path: `op_weights.${name}`,
        expected: 'a weight that is not negative, of read, write, append or delete',
        given: weight,
      });
    }
    weights[name as OpName] = weight;
  }
  if (ec_pool) weights.append = 0; // such a pool takes whole stripes only
  return weights;
}

async function runClient(
  ctx: TaskContext,
  params: { client: ClientRole; pool: string; read: Config; weights: Record<OpName, number>; seed: number },
): Promise<void> {
  const { client, pool, read } = params;
  const end = read.max_seconds > 0 ? Date.now() + read.max_seconds * 1000 : Infinity;
  for (let run = 0; run < read.runs; run++) {
    const rados = `rados --cluster ${client.cluster} --name ${client.name} -p ${pool}`;
    const prefix = `${client.role}.${run}`;
    const random = seededRandom(params.seed + run);
    const next = createOpMix({
      random,
      rados,
      prefix,
      objects: read.objects,
      size: read.size ?? read.object_size,
      weights: params.weights,
    });
    let done = 0;
    while (done < read.ops && Date.now() < end && !ctx.signal.aborted) {
      const ops = Array.from({ length: Math.min(batch, read.ops - done) }, next);
      await runOps(client, ops, done);
      done += ops.length;
    }
    ctx.log.info(`${client.role}: ${done} operations done and verified`);
  }
}

async function runOps(client: ClientRole, ops: readonly Op[], done: number): Promise<void> {
  const lines = ops.map(({ shell }, index) => `at=${index}; { ${shell}; } || { echo "failed=$at"; exit 1; }`);
  try {
    await client.remote.run(['bash', '-s'], {
      stdin: `${lines.join('\n')}\n`,
      collect: 'stdout',
      label: `rados operations ${done} to ${done + ops.length - 1}`,
      timeoutMs: 600_000,
    });
  } catch (error) {
    const at = error instanceof CommandFailedError ? /^failed=(\d+)$/m.exec(error.stdout)?.[1] : undefined;
    const op = at === undefined ? undefined : ops[Number(at)];
    if (!op) throw error;
    throw new RadosMismatchError(
      `rados: operation ${done + Number(at)} of ${client.role} failed on ${client.remote.shortname}: ${op.name} of ${op.object}`,
      { cause: error },
    );
  }
}

import { cephCluster } from '../ceph/ceph-cluster.ts';
import { readClientsAndSettings } from '../ceph/client-roles.ts';
import type { ClientRole } from '../ceph/client-roles.ts';
import { helperOn } from '../ceph/start-daemons.ts';
import { valgrindWords } from '../ceph/valgrind.ts';
import type { Task, TaskContext } from '../engine/task.ts';
import { argument, taskArguments } from './args.ts';
import { either, flag, optional, seconds, text, texts } from './argument-kinds.ts';
import { pause } from './pause.ts';
import { quoteWord } from '../remote/quote.ts';

/** The settings of one client. */
export const cephFuseArguments = taskArguments('ceph-fuse', {
  mounted: argument({ usage: 'whether to mount at all', kind: flag, fallback: true }),
  mount_timeout: argument({ usage: 'how long mounting may take', kind: seconds, fallback: 30 }),
  mount_wait: argument({ usage: 'a pause before the mount is looked for', kind: seconds, fallback: 0 }),
  valgrind: argument({
    usage: 'arguments of valgrind, under which it then runs',
    kind: optional(either(text, texts)),
    fallback: null,
  }),
  coverage: argument({
    usage: 'taken for old jobs: it always may end by itself',
    kind: flag,
    fallback: false,
  }),
});

const fuseSettings = taskArguments('ceph-fuse', {
  disabled: argument({ usage: 'whether nothing is mounted at all', kind: flag, fallback: false }),
});

/** A file system could not be mounted. */
class FuseMountError extends Error {
  override readonly name = 'FuseMountError';
}

/** Mounts the cluster's file system on `$TESTDIR/mnt.ID` of each client with ceph-fuse, while the tasks below it run. */
export const task: Task = async (ctx, config) => {
  const { clients, settings } = readClientsAndSettings(ctx, 'ceph-fuse', config);
  if (fuseSettings.read(settings).disabled) return ctx.log.info('ceph-fuse is disabled.');
  const ends = await Promise.allSettled(clients.map((client) => mount(ctx, client)));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
};

async function mount(ctx: TaskContext, client: ClientRole): Promise<void> {
  const { mounted, mount_timeout, mount_wait, valgrind } = cephFuseArguments.read(client.config);
  const { remote, id, name } = client;
  cephCluster(ctx, 'ceph-fuse', client.cluster);
  if (!mounted) return;
  const helper = await helperOn(ctx, remote);
  const point = `${remote.testDir}/mnt.${client.cluster === 'ceph' ? id : `${client.cluster}.${id}`}`;
  ctx.log.info(`Mounting ceph-fuse for ${name} at ${remote.name} ${point}...`);
  ctx.defer(async () => {
    await remote.run(['rmdir', '--', point]);
  });
  await remote.run(['mkdir', '--', point]);
  let said = '';
  const begin = valgrindWords(ctx, valgrind === null ? null : [valgrind].flat(), {
    report: client.role,
    remote,
  });
  const words = [...begin, 'ceph-fuse', '-f', '--cluster', client.cluster, '--name', name, point];
  const process = await remote.start(['sudo', ...helper.command(words, { end: 'kill', group: false })], {
    stdin: 'pipe',
    check: false,
    logger: ctx.log.child(client.role),
    onStderr: (chunk) => {
      said = (said + chunk.toString('utf8')).slice(-1000);
    },
  });
  process.wait().catch(() => {}); // Looked at by whoever uses the mount.
  ctx.defer(async () => {
    ctx.log.info(`Unmounting ceph-fuse of ${name}...`);
    const at = quoteWord(point);
    await remote.run(`sudo fusermount -u ${at} || sudo umount -l -f ${at} || ! mountpoint -q ${at}`, {
      timeoutMs: 60_000,
    });
    // Unmounted it ends by itself; one that does not is killed.
    const late = setTimeout(() => process.stdin?.end(), begin.length > 0 ? 90_000 : 5000);
    await process.wait().catch(() => {});
    clearTimeout(late);
  });
  if (mount_wait > 0) await pause(mount_wait * 1000, ctx.signal);
  const tries = Math.ceil(mount_timeout / 0.1);
  const wait = `for try in $(seq ${tries}); do test "$(stat --file-system --printf=%T -- ${quoteWord(point)})" = fuseblk && exec sudo chmod 1777 -- ${quoteWord(point)}; sleep 0.1; done; exit 1`;
  const { exitStatus } = await remote.run(wait, {
    check: false,
    label: 'wait for ceph-fuse',
    timeoutMs: (mount_timeout + 60) * 1000,
  });
  if (exitStatus === 0) return;
  throw new FuseMountError(
    `ceph-fuse: ${name} on ${remote.shortname} did not mount in ${mount_timeout} s${said === '' ? '' : `; it said: ${said.trim().replaceAll('\n', ' | ')}`}`,
  );
}

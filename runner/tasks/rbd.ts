import { cephCluster } from '../ceph/ceph-cluster.ts';
import { readClients } from '../ceph/client-roles.ts';
import type { ClientRole } from '../ceph/client-roles.ts';
import { helperOn } from '../ceph/start-daemons.ts';
import { quoteWord } from '../remote/quote.ts';
import type { Task, TaskContext } from '../engine/task.ts';
import { argument, taskArguments } from './args.ts';
import { count, optional, text } from './argument-kinds.ts';

/** The settings of one client. */
export const rbdArguments = taskArguments('rbd', {
  image_name: argument({ usage: 'default `testimage.` and the role', kind: optional(text), fallback: null }),
  image_size: argument({ usage: 'in MiB', kind: count, fallback: 10_240 }),
  image_format: argument({ usage: 'taken for old jobs; images are of format 2', kind: count, fallback: 2 }),
  fs_type: argument({ usage: 'what `rbd` makes on the device', kind: text, fallback: 'ext4' }),
});

/** The kernel of a host has no block devices for images. */
class NoKernelRbdError extends Error {
  override readonly name = 'NoKernelRbdError';
}

interface Image {
  readonly client: ClientRole;
  readonly name: string;
  readonly megabytes: number;
  readonly fsType: string;
}

function imagesOf(ctx: TaskContext, task: string, config: Parameters<Task>[1]): Image[] {
  return readClients(ctx, task, config).map((client) => {
    cephCluster(ctx, task, client.cluster);
    const { image_name, image_size, fs_type } = rbdArguments.read(client.config);
    return { client, name: image_name ?? `testimage.${client.role}`, megabytes: image_size, fsType: fs_type };
  });
}

/** Makes an image for each client, to be removed in the end. */
export const create_image: Task = async (ctx, config) => {
  for (const image of imagesOf(ctx, 'rbd.create_image', config)) {
    const { client, name } = image;
    const rbd = ['rbd', '--cluster', client.cluster, '--name', client.name, '-p', 'rbd'];
    ctx.log.info(`Creating image ${name} with size ${image.megabytes}`);
    ctx.defer(async () => {
      // A client that was cut off counts as a watcher of the image until its watch is over, which takes up to 30 s.
      const remove = [...rbd, 'rm', '--no-progress', name].map(quoteWord).join(' ');
      const script = `for try in $(seq 20); do ${remove} && exit 0; status=$?; sleep 3; done; exit $status`;
      await client.remote.run(script, { label: 'rbd rm', timeoutMs: 110_000 });
    });
    await client.remote.run([...rbd, 'create', '--size', String(image.megabytes), name]);
  }
};

/** Shows the images of the pool `rbd` as files in `$TESTDIR/rbd.ID` of each client, without the kernel's help. */
export const fuse: Task = async (ctx, config) => {
  for (const client of readClients(ctx, 'rbd.fuse', config)) {
    cephCluster(ctx, 'rbd.fuse', client.cluster);
    const { remote } = client;
    const point = `${remote.testDir}/rbd.${client.id}`;
    const at = quoteWord(point);
    const helper = await helperOn(ctx, remote);
    ctx.defer(async () => {
      await remote.run(['rmdir', '--', point]);
    });
    await remote.run(['mkdir', '--', point]);
    const conf = `/etc/ceph/${client.cluster}.conf`;
    const words = helper.command(['rbd-fuse', '-f', '-c', conf, '-p', 'rbd', point], {
      end: 'kill',
      group: false,
    });
    const process = await remote.start(['sudo', ...words], {
      stdin: 'pipe',
      check: false,
      logger: ctx.log.child(client.role),
    });
    process.wait().catch(() => {}); // The wait below sees whether it mounted.
    ctx.defer(async () => {
      await remote.run(`sudo fusermount -u ${at} || sudo umount -l -f ${at} || ! mountpoint -q ${at}`, {
        timeoutMs: 60_000,
      });
      // Unmounted it ends by itself, and lets go of the images; one that does not is killed.
      const late = setTimeout(() => process.stdin?.end(), 5000);
      await process.wait().catch(() => {});
      clearTimeout(late);
    });
    const wait = `for try in $(seq 300); do sudo mountpoint -q ${at} && exit 0; sleep 0.1; done; exit 1`;
    await remote.run(wait, { label: 'wait for rbd-fuse', timeoutMs: 90_000 });
  }
};

/** Maps the image of each client to a block device of the kernel; refuses where the kernel has none. */
export const dev_create: Task = async (ctx, config) => {
  for (const { client, name } of imagesOf(ctx, 'rbd.dev_create', config)) {
    const { remote } = client;
    const { exitStatus } = await remote.run('test -e /sys/bus/rbd || sudo modprobe rbd', {
      check: false,
      label: 'krbd',
    });
    if (exitStatus !== 0) {
      throw new NoKernelRbdError(
        `rbd: the kernel of ${remote.shortname} has no rbd module, so that images cannot be mapped there; use 'rbd.create_image' and 'rbd.fuse'`,
      );
    }
    const rbd = ['sudo', 'rbd', '--cluster', client.cluster, '--name', client.name, '-p', 'rbd'];
    ctx.defer(async () => {
      await remote.run([...rbd, 'unmap', `/dev/rbd/rbd/${name}`]);
    });
    await remote.run([...rbd, 'map', name]);
  }
};

/** An image for each client, mapped, with a file system that is mounted on `$TESTDIR/mnt.ID`. */
export const task: Task = async (ctx, config) => {
  await ctx.runTask({ 'rbd.create_image': config }, { inherit: true });
  await ctx.runTask({ 'rbd.dev_create': config }, { inherit: true });
  for (const { client, name, fsType } of imagesOf(ctx, 'rbd', config)) {
    const { remote } = client;
    const point = `${remote.testDir}/mnt.${client.id}`;
    await remote.run(['sudo', 'mkfs', '-t', fsType, `/dev/rbd/rbd/${name}`]);
    ctx.defer(async () => {
      await remote.run(`sudo umount ${quoteWord(point)}; rmdir -- ${quoteWord(point)}`);
    });
    await remote.run(['mkdir', '--', point]);
    await remote.run(['sudo', 'mount', `/dev/rbd/rbd/${name}`, point]);
  }
};

import type { Remote, TaskContext } from '../engine/task.ts';
import { quoteWord } from '../remote/quote.ts';
import type { CephLayout } from './ceph-layout.ts';

// A job that comes next refuses a host on which there is anything.
const emptyFolders = 'find /var/lib/ceph -mindepth 1 -depth -type d -empty -delete';

/** Removes everything that a cluster keeps on its hosts but the logs. One command a host. */
export async function removeCluster(ctx: TaskContext, layout: CephLayout): Promise<void> {
  ctx.log.info('Cleaning ceph cluster...');
  const c = layout.cluster;
  const script = [
    `rm -rf -- /etc/ceph/${c}.conf /etc/ceph/${c}.keyring /etc/ceph/${c}.client.*.keyring`,
    `rm -rf -- /var/lib/ceph/mon/${c}-* /var/lib/ceph/mgr/${c}-* /var/lib/ceph/osd/${c}-* /var/lib/ceph/mds/${c}-* /var/lib/ceph/radosgw/${c}-*`,
    `rm -rf -- /var/lib/ceph/tmp/${c}-start /var/run/ceph/${c}-*`,
    emptyFolders,
  ].join('\n');
  await onEach(layout.remotes, { script, label: 'ceph: clean up' });
}

/** Removes the logs and crash dumps of all clusters, which are archived by then. */
export async function removeLogs(remotes: readonly Remote[]): Promise<void> {
  const script = [
    'find /var/log/ceph -mindepth 1 -delete',
    'find /var/lib/ceph/crash -mindepth 1 -maxdepth 1 ! -name posted -exec rm -rf -- {} +',
    emptyFolders,
  ].join('\n');
  await onEach(remotes, {
    script: `cd /var/lib/ceph 2>/dev/null || exit 0\n${script}`,
    label: 'ceph: remove logs',
  });
}

async function onEach(
  remotes: readonly Remote[],
  { script, label }: { script: string; label: string },
): Promise<void> {
  const command = `sudo sh -c ${quoteWord(script)}`;
  const ends = await Promise.allSettled(
    remotes.map((remote) => remote.run(command, { label, timeoutMs: 60_000 })),
  );
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}

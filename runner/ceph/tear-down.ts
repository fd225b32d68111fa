import type { TaskContext } from '../engine/task.ts';
import { quoteWord } from '../remote/quote.ts';
import type { CephLayout } from './ceph-layout.ts';

/** Removes everything that a cluster keeps on its hosts, and the logs, which are archived by then. One command a host. */
export async function removeCluster(ctx: TaskContext, layout: CephLayout): Promise<void> {
  ctx.log.info('Cleaning ceph cluster...');
  const c = layout.cluster;
  const script = [
    `rm -rf -- /etc/ceph/${c}.conf /etc/ceph/${c}.keyring /etc/ceph/${c}.client.*.keyring`,
    `rm -rf -- /var/lib/ceph/mon/${c}-* /var/lib/ceph/mgr/${c}-* /var/lib/ceph/osd/${c}-* /var/lib/ceph/mds/${c}-* /var/lib/ceph/radosgw/${c}-*`,
    `rm -rf -- /var/lib/ceph/tmp/${c}-start /var/log/ceph/${c}.log* /var/log/ceph/${c}-* /var/log/ceph/${c}.audit.log* /var/run/ceph/${c}-*`,
    'find /var/lib/ceph/crash -mindepth 1 -maxdepth 1 ! -name posted -exec rm -rf -- {} +',
    // A job that comes next refuses a host on which there is anything.
    'find /var/lib/ceph -mindepth 1 -depth -type d -empty -delete',
  ].join('\n');
  const ends = await Promise.allSettled(
    layout.remotes.map((remote) =>
      remote.run(`sudo sh -c ${quoteWord(script)}`, { label: 'ceph: clean up', timeoutMs: 60_000 }),
    ),
  );
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}

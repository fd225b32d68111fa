import { PassThrough } from 'node:stream';
import { pullIntoArchive } from '../archive/pull-remote.ts';
import { statusOf } from '../engine/verdict.ts';
import type { JobArchive, Remote, TaskContext } from '../engine/task.ts';
import type { CephLayout } from './ceph-layout.ts';

// Prints which of the directories hold anything, so that empty ones cost no round trip.
const pack = `for dir in /var/log/ceph /var/lib/ceph/crash; do
  find $dir -name '*.log' -type f -print0 2>/dev/null | xargs -0 -r gzip -5 --
done
test -z "$(find /var/log/ceph -type f -print -quit 2>/dev/null)" || echo log
test -z "$(find /var/lib/ceph/crash -type f -print -quit 2>/dev/null)" || echo crash`;

const sources: Readonly<Record<string, string>> = { log: '/var/log/ceph', crash: '/var/lib/ceph/crash' };

/** Whether the job keeps files of its hosts at all: it has an archive, and did not pass with `archive-on-error`. */
export function keepsFiles(ctx: TaskContext): boolean {
  return ctx.archive !== null && !(ctx.job['archive-on-error'] === true && statusOf(ctx.summary) === 'pass');
}

/** Brings the logs and crash dumps of every host into the archive, compressed there first, as `remote/<host>/log` and `/crash`. */
export async function collectLogs(ctx: TaskContext, remotes: readonly Remote[]): Promise<void> {
  const archive = ctx.archive;
  if (archive === null || !keepsFiles(ctx)) return;
  ctx.log.info('Archiving logs...');
  const begun = Date.now();
  const each = await Promise.all(remotes.map((remote) => collectFrom(remote, archive)));
  const bytes = each.reduce((sum, part) => sum + part, 0);
  ctx.log.info(
    `Archived ${bytes} bytes of logs from ${remotes.length} hosts in ${(Date.now() - begun) / 1000} s`,
  );
}

async function collectFrom(remote: Remote, archive: JobArchive): Promise<number> {
  const found = await remote.sh(`sudo sh -c '${pack.replaceAll("'", `'"'"'`)}'`, {
    label: 'ceph: compress logs',
    timeoutMs: 110_000,
  });
  let sum = 0;
  for (const name of found.trim().split('\n')) {
    const from = sources[name];
    if (from === undefined) continue;
    const to = `remote/${remote.shortname}/${name}`;
    const { bytes } = await pullIntoArchive({
      remote,
      from,
      archive,
      to,
      compressFrom: Infinity,
      sudo: true,
    });
    sum += bytes;
  }
  return sum;
}

/** Puts each monitor's store into the archive as `data/<role>.tgz`. The monitors must have stopped. */
export async function collectMonStores(ctx: TaskContext, layout: CephLayout): Promise<void> {
  const archive = ctx.archive;
  if (archive === null || !keepsFiles(ctx)) return;
  ctx.log.info('Archiving mon data...');
  await Promise.all(
    layout.mons.map(async ({ role, id, remote }) => {
      const stream = new PassThrough();
      const stored = archive.put(`data/${role}.tgz`, stream);
      try {
        await remote.run(
          ['sudo', 'tar', 'cz', '-C', `/var/lib/ceph/mon/${layout.cluster}-${id}`, '-f', '-', '--', '.'],
          {
            quiet: true,
            onStdout: (chunk) =>
              stream.write(chunk) ? undefined : new Promise((resolve) => stream.once('drain', resolve)),
          },
        );
        stream.end();
      } catch (error) {
        stream.destroy(error as Error);
        await stored.catch(() => {});
        throw error;
      }
      await stored;
    }),
  );
}

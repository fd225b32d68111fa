import { parseSize, pullIntoArchive } from '../../archive/pull-remote.ts';
import { statusOf } from '../../engine/verdict.ts';
import type { Task, TaskContext } from '../../engine/task.ts';
import { jobRunOf } from '../../job/job-run.ts';
import { hostFacts } from './host-facts.ts';
import { adoptArchiveDirectory, archiveDirectory, makeTestDirectory } from './test-directory.ts';

/** `log-compress-min-size` is not a size. */
class CompressSizeError extends Error {
  override readonly name = 'CompressSizeError';
}

/**
 * Makes the directory on every host whose files end up in the job's archive under `remote/<host>/`, and takes it away at the
 * end. With `archive-on-error` a job that passed leaves nothing in the archive.
 */
export const archive: Task = async (ctx) => {
  const compressFrom = compressLimit(ctx);
  ctx.log.info('Creating archive directory...');
  const hosts = ctx.cluster.remotes.map((remote) => ({ remote, dir: archiveDirectory(remote) }));
  ctx.cluster.remotes.forEach(adoptArchiveDirectory);
  ctx.defer(async () => {
    ctx.log.info('Removing archive directory...');
    await ctx.cluster.each(async (remote) => {
      const { root } = await hostFacts(remote);
      await remote.run([...(root ? ['sudo'] : []), 'rm', '-rf', '--', archiveDirectory(remote)]);
    });
  });
  ctx.defer(() => transfer(ctx, { hosts, compressFrom }));
  await ctx.cluster.each(makeTestDirectory);
  const first = hosts[0];
  if (first) jobRunOf(ctx).addInfo('archive', { init: first.dir });
};

async function transfer(
  ctx: TaskContext,
  params: {
    hosts: readonly { remote: TaskContext['cluster']['remotes'][number]; dir: string }[];
    compressFrom: number;
  },
): Promise<void> {
  const archive = ctx.archive;
  if (archive === null) return;
  if (ctx.job['archive-on-error'] === true && statusOf(ctx.summary) === 'pass') {
    ctx.log.info('The job passed, not transferring archived files (archive-on-error)');
    return;
  }
  ctx.log.info('Transferring archived files...');
  const pulls = params.hosts.map(async ({ remote, dir }) => {
    const { root } = await hostFacts(remote);
    const to = `remote/${remote.shortname}`;
    const got = await pullIntoArchive({
      remote,
      from: dir,
      archive,
      to,
      compressFrom: params.compressFrom,
      sudo: root,
    });
    ctx.log.debug(`${remote.shortname}: ${got.files} files, ${got.bytes} bytes`);
  });
  const failed = (await Promise.allSettled(pulls)).find((pull) => pull.status === 'rejected');
  if (failed) throw failed.reason;
}

function compressLimit(ctx: TaskContext): number {
  const given = ctx.job['log-compress-min-size'] ?? '128MB';
  const size = parseSize(String(given));
  if (size === null) {
    throw new CompressSizeError(`log-compress-min-size: '${String(given)}' is not a size such as 128MB`);
  }
  return size;
}

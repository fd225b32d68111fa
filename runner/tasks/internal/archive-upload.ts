import type { Task } from '../../engine/task.ts';

/** Stands in the list for the original's rsync of the finished job; the archive of this lab is already where people read it. */
export const archive_upload: Task = async (ctx) => {
  const wanted = ctx.job['archive_upload'];
  ctx.defer(() => {
    if (wanted === undefined || wanted === null) ctx.log.info('Not uploading archives.');
    else
      ctx.log.warn(
        `Not uploading archives: archive_upload (${String(wanted)}) is not supported, the archive is ${ctx.archive?.location ?? 'not kept'}`,
      );
  });
};

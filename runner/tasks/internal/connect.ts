import type { Task } from '../../engine/task.ts';
import { jobRunOf } from '../../job/job-run.ts';
import { parallel } from '../../remote/parallel.ts';

/** Opens the connection to every host, all at once, where that has not been begun already; the first host that cannot be reached ends the attempts at the others. */
export const connect: Task = async (ctx) => {
  const job = jobRunOf(ctx);
  ctx.log.info('Opening connections...');
  ctx.defer(async () => {
    await Promise.all(ctx.cluster.remotes.map((remote) => remote.close()));
  });
  await parallel(
    ctx.cluster.remotes.map((remote) => async (signal) => {
      ctx.log.debug(`connecting to ${remote.name}`);
      await job.connect(remote, { signal });
      job.reached(remote);
    }),
    { signal: ctx.signal },
  );
};

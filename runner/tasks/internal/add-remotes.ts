import type { Task } from '../../engine/task.ts';
import { jobRunOf } from '../../job/job-run.ts';

/** Binds roles to targets. Nothing is connected yet. */
export const add_remotes: Task = async (ctx) => {
  const run = jobRunOf(ctx);
  const cluster = run.makeCluster();
  for (const { remote, roles } of cluster.hosts) {
    ctx.log.info(`roles: ${remote.name} - [${roles.map((role) => `'${role}'`).join(', ')}]`);
  }
  run.setCluster(cluster);
};

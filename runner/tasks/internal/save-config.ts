import type { Task } from '../../engine/task.ts';
import { jobRunOf } from '../../job/job-run.ts';

/** Writes config.yaml: the job with its initial tasks and the targets it got. */
export const save_config: Task = async (ctx) => {
  ctx.log.info('Saving configuration');
  await jobRunOf(ctx).saveConfig();
};

import type { Task } from '../engine/task.ts';

/** Writes its config into the log, a string as it is and anything else as JSON: to mark places in a job. */
export const task: Task = async (ctx, config) => {
  ctx.log.info(typeof config === 'string' ? config : JSON.stringify(config));
};

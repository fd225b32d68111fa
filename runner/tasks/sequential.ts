import type { Task } from '../engine/task.ts';
import { readTaskList } from './task-config.ts';

/** Runs tasks in order; all of them are unwound, in reverse, when this list is done, so that a background task in it overlaps those that follow it. */
export const task: Task = async (ctx, config) => {
  await ctx.runTasks(readTaskList({ task: 'sequential', path: '' }, config), {
    starting: (name) => ctx.log.info(`In sequential, running task ${name}...`),
  });
};

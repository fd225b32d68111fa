import type { Task } from '../engine/task.ts';
import { runEachAlone } from './run-each-alone.ts';
import { readTaskList } from './task-config.ts';

/** Runs tasks in order, each unwound before the next begins: nothing in the list overlaps. */
export const task: Task = async (ctx, config) => {
  await runEachAlone(ctx, readTaskList({ task: 'full_sequential', path: '' }, config));
};

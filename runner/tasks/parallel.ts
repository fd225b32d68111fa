import type { Task } from '../engine/task.ts';
import { readTaskEntry } from '../engine/task-entry.ts';
import { parallel } from '../remote/parallel.ts';
import { readTaskList } from './task-config.ts';

/**
 * Runs tasks at once, each unwound as soon as it is done. When one fails the others are told to stop and are waited for;
 * the failure reported is the first one.
 */
export const task: Task = async (ctx, config) => {
  ctx.log.info('starting parallel...');
  const members = readTaskList({ task: 'parallel', path: '' }, config).map(
    (entry) => async (signal: AbortSignal) => {
      ctx.log.info(`In parallel, running task ${readTaskEntry(entry, ctx.job).name}...`);
      await ctx.runTask(entry, { signal });
    },
  );
  await parallel(members, { signal: ctx.signal });
};

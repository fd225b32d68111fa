import type { Task } from '../engine/task.ts';
import { runEachAlone } from './run-each-alone.ts';
import { readTaskList } from './task-config.ts';

/**
 * Does nothing now; when the list that holds it unwinds, runs its own tasks one after the other, each unwound at once.
 * So they run after everything listed below it has been undone, also when that failed, and before what is above is undone.
 */
export const task: Task = async (ctx, config) => {
  const entries = readTaskList({ task: 'full_sequential_finally', path: '' }, config);
  ctx.defer(() => runEachAlone(ctx, entries));
};

import type { PlainValue, Task, TaskContext } from '../engine/task.ts';
import { readTaskEntry } from '../engine/task-entry.ts';
import { readTaskList } from './task-config.ts';

/** Runs tasks in order, each unwound before the next begins: nothing in the list overlaps. */
export const task: Task = async (ctx, config) => {
  await runEachAlone(ctx, readTaskList({ task: 'full_sequential', path: '' }, config));
};

/** Runs entries one after the other, each unwound at once. The first failure ends the list. */
export async function runEachAlone(ctx: TaskContext, entries: readonly PlainValue[]): Promise<void> {
  for (const entry of entries) {
    ctx.log.info(`In full_sequential, running task ${readTaskEntry(entry, ctx.job).name}...`);
    await ctx.runTask(entry);
  }
}

import type { PlainValue, TaskContext } from '../engine/task.ts';
import { readTaskEntry } from '../engine/task-entry.ts';

/** Runs entries one after the other, each unwound at once. The first failure ends the list. */
export async function runEachAlone(ctx: TaskContext, entries: readonly PlainValue[]): Promise<void> {
  for (const entry of entries) {
    ctx.log.info(`In full_sequential, running task ${readTaskEntry(entry, ctx.job).name}...`);
    await ctx.runTask(entry);
  }
}

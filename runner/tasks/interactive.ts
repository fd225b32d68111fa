import type { Task } from '../engine/task.ts';

/** Stops the job for a person at the keyboard, with the hosts as the tasks before it left them. Goes on at once where there is no terminal. */
export const task: Task = async (ctx) => {
  await ctx.interact('the job asks for it (task interactive)');
};

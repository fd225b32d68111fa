import type { Task } from '../engine/task.ts';
import { argument, taskArguments } from './args.ts';
import { seconds } from './argument-kinds.ts';
import { pause } from './pause.ts';

export const sleepArguments = taskArguments('sleep', {
  duration: argument({ usage: 'how long to sleep', kind: seconds, fallback: 5 }),
});

/** Lets time pass on this side; no host is involved. `sleep: 30` is short for `sleep: {duration: 30}`. */
export const task: Task = async (ctx, config) => {
  const short = typeof config === 'number' || typeof config === 'string';
  const { duration } = sleepArguments.read(short ? { duration: config } : config);
  ctx.log.info(`Sleeping for ${duration} seconds...`);
  await pause(duration * 1000, ctx.signal);
};

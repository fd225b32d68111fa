import type { Task } from '../engine/task.ts';
import { argument, taskArguments } from './args.ts';
import { count, list } from './argument-kinds.ts';

export const loopArguments = taskArguments('loop', {
  count: argument({ usage: 'how many times', kind: count, fallback: 1 }),
  body: argument({ usage: 'the tasks of one round', kind: list, fallback: [] }),
});

/** Runs a list of tasks several times; each round is unwound before the next begins. */
export const task: Task = async (ctx, config) => {
  const { count: rounds, body } = loopArguments.read(config);
  for (let round = 1; round <= rounds; round += 1) {
    ctx.signal.throwIfAborted();
    ctx.log.info(`Round ${round} of ${rounds}...`);
    await ctx.runTasks(body, { starting: (name) => ctx.log.info(`In sequential, running task ${name}...`) });
  }
};

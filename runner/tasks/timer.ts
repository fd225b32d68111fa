import type { Task } from '../engine/task.ts';
import { elapsedText } from './elapsed-text.ts';
import { describeValue, TaskConfigError, isConfigMap } from './task-config.ts';

/**
 * Measures from here to the end of the list that holds it, and adds `[now, elapsed]` to `summary.timer[label]`. A label that
 * is used several times (in a loop) collects one pair each time.
 */
export const task: Task = async (ctx, config) => {
  if (isConfigMap(config) || Array.isArray(config)) {
    throw new TaskConfigError({
      task: 'timer',
      path: '',
      expected: 'a label for the summary',
      given: config,
    });
  }
  const label = config === null ? 'timer' : String(config);
  ctx.log.info('Starting timer...');
  const started = performance.now();
  ctx.defer(() => {
    const elapsed = performance.now() - started;
    ctx.log.info(`Elapsed time for ${describeValue(label)} is ${elapsedText(elapsed)}`);
    const timers = isConfigMap(ctx.summary['timer']) ? ctx.summary['timer'] : {};
    const earlier = timers[label];
    timers[label] = [
      ...(Array.isArray(earlier) ? earlier : []),
      [new Date().toISOString(), elapsedText(elapsed)],
    ];
    ctx.summary['timer'] = timers;
  });
};

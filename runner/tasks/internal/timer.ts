import type { Task } from '../../engine/task.ts';

/** Measures the job from here to the same point of its unwinding, as `summary.duration` in seconds. */
export const timer: Task = async (ctx) => {
  ctx.log.info('Starting timer...');
  const started = performance.now();
  ctx.defer(() => {
    const seconds = (performance.now() - started) / 1000;
    ctx.summary.duration = seconds;
    ctx.log.info(`Duration was ${seconds.toFixed(6)} seconds`);
  });
};

import type { Task } from '../../engine/task.ts';
import { setStatus } from '../../engine/verdict.ts';
import { jobRunOf } from '../../job/job-run.ts';

/** Has the nodes made what the job asks for, and learns how they are reached. Without them nothing was tested, so the job is dead then. */
export const prepare_nodes: Task = async (ctx) => {
  const { prepareNodes } = jobRunOf(ctx);
  if (prepareNodes === null)
    throw new Error('internal.prepare_nodes runs only in jobs with nodes of a provider');
  ctx.log.info('Preparing nodes...');
  try {
    await prepareNodes({ log: ctx.log.child('prepare_nodes'), signal: ctx.signal });
  } catch (error) {
    setStatus(ctx.summary, 'dead');
    throw error;
  }
};

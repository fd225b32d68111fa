import type { Task } from '../../engine/task.ts';
import { coverageFolder, measureCoverage } from '../test-variables.ts';

/**
 * Lets programs that were compiled with gcov count into the archive directory: tasks give their commands GCOV_PREFIX from here on.
 * The folder is everybody's, as programs run as several users.
 */
export const coverage: Task = async (ctx) => {
  ctx.log.info('Creating coverage directory...');
  await ctx.cluster.each(async (remote) => {
    await remote.run(['install', '-d', '-m1777', '--', coverageFolder(remote)]);
  });
  measureCoverage(ctx);
  ctx.summary.flavor ??= 'gcov';
};

import type { Task } from '../../engine/task.ts';
import { setStatus } from '../../engine/verdict.ts';
import { jobRunOf } from '../../job/job-run.ts';

/**
 * Gets the job its machines, and with them its `targets`. Without machines nothing was tested, so the job is dead then. They are given
 * back by whoever started the job, when it is known how the job ended and in what state it leaves them.
 */
export const lock_machines: Task = async (ctx) => {
  const { lockMachines } = jobRunOf(ctx);
  if (lockMachines === null) throw new Error('internal.lock_machines runs only in jobs that lock machines');
  const log = ctx.log.child('lock_machines');
  log.info('Locking machines...');
  try {
    const targets = await lockMachines({ log, signal: ctx.signal });
    log.info(['Locked targets:', ...targets.trimEnd().split('\n')].join('\n  '));
  } catch (error) {
    setStatus(ctx.summary, 'dead');
    throw error;
  }
};

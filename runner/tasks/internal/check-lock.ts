import type { Task } from '../../engine/task.ts';
import { jobRunOf } from '../../job/job-run.ts';

/** The targets are not all locked by the job's owner. */
class TargetsNotLockedError extends Error {
  override readonly name = 'TargetsNotLockedError';
}

/** Refuses to touch machines that the job's owner has not locked. Without a lock server there is nothing to ask. */
export const check_lock: Task = async (ctx) => {
  const log = ctx.log.child('check_lock');
  const { checkLocks } = jobRunOf(ctx);
  if (checkLocks === null || ctx.job['check-locks'] === false) {
    log.info('Lock checking disabled.');
    return;
  }
  log.info('Checking locks...');
  const problems = await checkLocks(Object.keys((ctx.job['targets'] as object | null | undefined) ?? {}));
  if (problems.length > 0) throw new TargetsNotLockedError(problems.join('; '));
};

import type { TaskContext } from '../engine/task.ts';
import type { DaemonDiedError } from './daemon.ts';

/**
 * Ends the job when a daemon has died and nobody said within some seconds that this was meant (by starting or stopping it, or by
 * waiting for its failure): a workload on a broken cluster would only hang.
 */
export function watchDeaths(
  ctx: Pick<TaskContext, 'defer' | 'log' | 'stopJob'>,
  { seconds }: { seconds: number },
): (failure: DaemonDiedError, stillDead: () => boolean) => void {
  const timers = new Set<NodeJS.Timeout>();
  let over = false;
  ctx.defer(() => {
    over = true;
    for (const timer of timers) clearTimeout(timer);
  });
  return (failure, stillDead) => {
    if (over) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (over || !stillDead()) return;
      ctx.log.error(`${failure.role} has been dead for ${seconds} s, ending the job`);
      ctx.stopJob(failure);
    }, seconds * 1000);
    timers.add(timer);
  };
}

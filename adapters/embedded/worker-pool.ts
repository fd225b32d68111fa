import { LauncherBusyError } from '../../core/ports/launcher.ts';
import type { Launcher, LaunchParams } from '../../core/ports/launcher.ts';
import { workerRunnerPrefix } from '../../core/ports/workers.ts';
import type { Workers } from '../../core/ports/workers.ts';

interface Waiter {
  readonly machineType: string;
  readonly take: (attempt: LaunchParams) => void;
}

/**
 * Hands attempts on nodes of some machine types to workers that wait for them in this process, and all others to another
 * launcher. It remembers nothing but who waits now, so that a restart of the lab loses nothing.
 */
export function workerPool(options: {
  readonly machineTypes: readonly string[]; // whose jobs only workers run
  readonly others: Launcher;
  readonly onWaiting: (machineType: string) => void;
  /** Does something later, and returns how not to; default: the timers of this process. */
  readonly after?: (ms: number, act: () => void) => () => void;
}): { readonly launcher: Launcher; readonly workers: Workers } {
  const after = options.after ?? timer;
  const waiters = new Set<Waiter>();
  const served = new Set(options.machineTypes);
  const waiterFor = (type: string) => [...waiters].find((waiter) => waiter.machineType === type);
  const unready = (type: string): string | null =>
    served.has(type) && waiterFor(type) === undefined ? `no worker for ${type} waits for a job` : null;
  const isWorker = (runner: string) => runner.startsWith(workerRunnerPrefix);
  const launcher: Launcher = {
    unready,
    async launch(params) {
      const type = params.nodes.map((node) => node.machineType).find((each) => served.has(each));
      if (type === undefined) return await options.others.launch(params);
      const waiter = waiterFor(type);
      if (waiter === undefined) throw new LauncherBusyError(unready(type) ?? '');
      waiters.delete(waiter);
      waiter.take(params);
      return `${workerRunnerPrefix}for ${type}`;
    },
    // Only the lease tells of a worker that is gone.
    isAlive: async (runner) => isWorker(runner) || (await options.others.isAlive(runner)),
    // A worker learns of a request to end when it renews its lease.
    stop: async (runner, params) =>
      isWorker(runner) ? undefined : await options.others.stop(runner, params),
  };
  const workers: Workers = {
    next: ({ machineType, waitMs, signal }) =>
      new Promise((resolve) => {
        const end = (attempt: LaunchParams | null) => {
          waiters.delete(waiter);
          forget();
          signal.removeEventListener('abort', give);
          resolve(attempt);
        };
        const give = () => end(null);
        const waiter: Waiter = { machineType, take: end };
        const forget = after(waitMs, give);
        if (signal.aborted) return end(null);
        signal.addEventListener('abort', give, { once: true });
        waiters.add(waiter);
        options.onWaiting(machineType);
      }),
  };
  return { launcher, workers };
}

function timer(ms: number, act: () => void): () => void {
  const timeout = setTimeout(act, ms);
  return () => clearTimeout(timeout);
}

import { rmSync } from 'node:fs';

/** What an idle runner is told when there is a job for it. */
export interface RunnerOrder {
  readonly file: string; // the assignment
  readonly env: Readonly<Record<string, string>>; // of the attempt
}

/**
 * Waits for the message that makes an idle runner one with a job; what comes after it is not listened to. When whoever started the
 * process lets go of it, or dies, the process ends and takes its empty log with it.
 */
export function firstOrder(log: string): Promise<RunnerOrder> {
  const { promise, resolve } = Promise.withResolvers<RunnerOrder>();
  const letGo = () => {
    rmSync(log, { force: true });
    process.exit(0);
  };
  process.once('disconnect', letGo);
  process.once('message', (order) => {
    process.off('disconnect', letGo);
    if (process.connected) process.disconnect();
    const { file, env } = order as RunnerOrder;
    // Who lists the processes of the machine sees whose runner it is.
    process.title = [process.execPath, process.argv[1], file].join(' ');
    resolve({ file, env });
  });
  if (!process.connected) letGo();
  return promise;
}

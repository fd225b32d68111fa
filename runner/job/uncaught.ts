import type { Logger } from '../../core/ports/logger.ts';
import { stackText, toError } from '../engine/failure.ts';
import { JobStoppedError } from '../engine/stop.ts';

/**
 * While a job runs, an error that nobody caught (a promise that a task forgot to await) stops the job and is its failure, instead
 * of ending the process with nothing undone. Returns how to let go.
 */
export function watchUncaught(params: { log: Logger; stop: (reason: JobStoppedError) => void }): () => void {
  const caught = (thrown: unknown): void => {
    const error = toError(thrown);
    params.log.critical(`Uncaught exception\n${stackText(error)}`);
    params.stop(new JobStoppedError('crashed', `Uncaught exception: ${error.message}`, { cause: error }));
  };
  process.on('uncaughtException', caught);
  process.on('unhandledRejection', caught);
  return () => {
    process.off('uncaughtException', caught);
    process.off('unhandledRejection', caught);
  };
}

import { submitSuiteSlice } from '../api/lab-submit.ts';
import type { SubmitPorts } from '../api/lab-submit.ts';
import { mailRefusal } from '../api/results-desk.ts';
import { RunClosedError } from '../core/ports/job-store.ts';
import type { Logger } from '../core/ports/logger.ts';
import { refusesForGood } from './refusal.ts';
import type { SendSuite, SuiteMessage } from './submission-queue.ts';

export interface QueueSlicePorts {
  readonly submit: SubmitPorts;
  readonly send: SendSuite;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly mayGoOn: () => boolean; // asked after each batch: whether there is time for another
  readonly batch?: number; // jobs; default as `submitSlice` has it
}

/**
 * Queues the jobs of a message while there is time, and sends the message for the rest. A message that comes twice, or again since its
 * first reader was killed, adds what is missing: jobs have keys. It sends nothing where a later slice is on its way already, so
 * that copies do not beget copies. A suite that can never be queued is done with; who submitted it is told by mail.
 */
export async function queueSlice(ports: QueueSlicePorts, message: SuiteMessage): Promise<void> {
  const { submit, log } = ports;
  const { request, from } = message;
  const context = { ...message.context, resumed: true };
  try {
    const slice = { from, mayGoOn: ports.mayGoOn, ...(ports.batch !== undefined && { batch: ports.batch }) };
    const { run, jobIds, next } = await submitSuiteSlice(submit, request, context, slice);
    log.info(`run '${run}': ${jobIds.length} jobs are queued, from the expansion's job ${from} on`);
    if (next === null) return;
    if (await isFurther(submit, { run, jobs: next * request.num })) return;
    await ports.send({ request, context, from: next });
  } catch (error) {
    if (!refusesForGood(error)) throw error;
    log.warn(`run '${request.name}' cannot be scheduled: ${error.message}`);
    // A run that was ended while it was queued needs no letter: somebody did that on purpose.
    if (!(from > 0 && error instanceof RunClosedError)) await mailRefusal(submit.desk, request, error);
  }
}

/** Jobs are queued in the order of the expansion, so that their number tells how far any reader of the suite has come. */
async function isFurther(
  { jobs }: Pick<SubmitPorts, 'jobs'>,
  than: { run: string; jobs: number },
): Promise<boolean> {
  const record = await jobs.getRun(than.run);
  const queued = Object.values(record?.counts ?? {}).reduce((sum, count) => sum + count, 0);
  return queued > than.jobs;
}

import { labSubmit } from '../api/lab-submit.ts';
import { openLab } from './lab.ts';
import { eachMessage } from './queue-event.ts';
import type { BatchAnswer } from './queue-event.ts';
import { refusesForGood } from './refusal.ts';
import { submitPorts } from './submit-ports.ts';
import { suiteMessage } from './submission-queue.ts';

/**
 * Expands the suite of a message and queues its jobs. A message that comes again goes on where the first was cut short: jobs have
 * keys, so that none is queued twice. A suite that can never be queued is done with; who submitted it is told by mail.
 */
export async function handler(event: unknown): Promise<BatchAnswer> {
  const lab = await openLab();
  const submit = labSubmit(submitPorts(lab, process.env));
  return await eachMessage(event, {
    schema: suiteMessage,
    log: lab.ports.log,
    act: async ({ request, context }) => {
      try {
        const { jobs } = await submit.suite(request, { ...context, resumed: true });
        lab.ports.log.info(`run '${request.name}': ${jobs} jobs are queued`);
      } catch (error) {
        if (!refusesForGood(error)) throw error;
        lab.ports.log.warn(`run '${request.name}' cannot be scheduled: ${error.message}`);
      }
    },
  });
}

import { readAwsEnvironment, needed } from '../adapters/aws/environment.ts';
import { openLab } from './lab.ts';
import { queueSlice } from './queue-slice.ts';
import { eachMessage } from './queue-event.ts';
import type { BatchAnswer } from './queue-event.ts';
import { submitPorts } from './submit-ports.ts';
import { suiteMessage, suiteSender } from './submission-queue.ts';

/** What is left of a call's time when it queues no further batch: enough for one that meets a busy table. */
const reserveMs = 120_000;

/** Jobs that are queued at once: ten transactions of the store, whose 49 jobs each fill one. */
const batch = 490;

/** Expands the suite of a message and queues its jobs; what does not fit into the time of one call goes on with a message of its own. */
export async function handler(
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<BatchAnswer> {
  const lab = await openLab();
  const { log } = lab.ports;
  const ports = {
    submit: submitPorts(lab, process.env),
    send: suiteSender(needed(readAwsEnvironment(process.env), 'LOLIGO_SUBMISSIONS_QUEUE_URL')),
    log,
    batch,
    mayGoOn: () => context.getRemainingTimeInMillis() > reserveMs,
  };
  return await eachMessage(event, {
    schema: suiteMessage,
    log,
    act: async (message) => await queueSlice(ports, message),
  });
}

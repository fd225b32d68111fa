import { z } from 'zod';
import { dispatch } from '../core/operations/dispatch.ts';
import { createLaunchOutage } from '../core/operations/launch-outage.ts';
import { openLab } from './lab.ts';
import { eachMessage, isScheduled } from './queue-event.ts';
import type { BatchAnswer } from './queue-event.ts';

const wakeUp = z.object({ machineType: z.string() });
const outage = createLaunchOutage();

/** One pass for all the wake-ups of a batch, since a pass looks at every queue; and one a minute, in case a wake-up was lost. */
export async function handler(event: unknown): Promise<BatchAnswer> {
  const { ports, maxRunners, site } = await openLab();
  const pass = async () => void (await dispatch(ports, { maxRunners, outage, rules: site.queueRules }));
  if (isScheduled(event)) {
    await pass();
    return { batchItemFailures: [] };
  }
  let passing: Promise<void> | null = null;
  return await eachMessage(event, { schema: wakeUp, log: ports.log, act: async () => (passing ??= pass()) });
}

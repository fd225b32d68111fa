import { z } from 'zod';
import { openLab } from './lab.ts';
import { eachMessage } from './queue-event.ts';
import type { BatchAnswer } from './queue-event.ts';
import { sweepOnce } from './sweeping.ts';

const stopped = z.object({
  'detail-type': z.literal('ECS Task State Change'),
  detail: z.object({
    taskArn: z.string(),
    lastStatus: z.literal('STOPPED'),
    stoppedReason: z.string().optional(),
  }),
});

/** A runner has ended. Most have finished their jobs before; of those that have not, the sweeper makes an end. */
export async function handler(event: unknown): Promise<BatchAnswer> {
  const lab = await openLab();
  let swept: Promise<void> | null = null;
  return await eachMessage(event, {
    schema: stopped,
    log: lab.ports.log,
    act: async ({ detail }) => {
      lab.ports.log.info(`runner ${detail.taskArn} has ended: ${detail.stoppedReason ?? 'no reason given'}`);
      await (swept ??= sweepOnce(lab));
    },
  });
}

import { z } from 'zod';

const record = z.object({ messageId: z.string(), body: z.string() });
const event = z.object({ Records: z.array(record).min(1) });

/** What SQS is told: the messages that it shall give out again. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Whether the clock, and no queue, has called. */
export function isScheduled(given: unknown): boolean {
  return z.object({ source: z.literal('aws.events') }).safeParse(given).success;
}

/**
 * Handles each message of a batch; one that fails is given out again, and when it fails too often becomes a dead letter. So does one
 * that cannot be read, because only there somebody sees it.
 */
export async function eachMessage<T>(
  given: unknown,
  {
    schema,
    log,
    act,
  }: { schema: z.ZodType<T>; log: { error(line: string): void }; act: (message: T) => Promise<void> },
): Promise<BatchAnswer> {
  const failed: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of event.parse(given).Records) {
    try {
      await act(schema.parse(JSON.parse(body)));
    } catch (error) {
      log.error(
        `message ${messageId} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      failed.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures: failed };
}

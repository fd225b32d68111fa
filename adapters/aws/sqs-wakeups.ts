import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Wakeups } from '../../core/ports/wakeups.ts';

/** What a message of the queue says. */
export interface WakeUp {
  readonly machineType: string;
}

/**
 * Wake-ups through a FIFO queue whose groups are the machine types, so that one dispatcher at a time looks after each. Every poke
 * is a message of its own: one that SQS took for a copy of an earlier one would be lost although there is news since.
 */
export function sqsWakeups({ client, queueUrl }: { client: SQSClient; queueUrl: string }): Wakeups {
  return {
    async poke(machineType) {
      const message: WakeUp = { machineType };
      await client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify(message),
          MessageGroupId: groupOf(machineType),
          MessageDeduplicationId: crypto.randomUUID(),
        }),
      );
    },
  };
}

/** A group has a name of its own alphabet; what does not fit into it is written as its code. */
function groupOf(machineType: string): string {
  const name = machineType.replaceAll(
    /[^A-Za-z0-9_.-]/gu,
    (character) => `%${character.codePointAt(0) ?? 0}`,
  );
  return name.slice(0, 128) || '-';
}

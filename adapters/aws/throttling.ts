import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { StoreBusyError } from '../../core/ports/store-busy.ts';

/** The names that DynamoDB has for a request that came while others had used up what a table, a partition or the account may do. */
const throttled = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);
const throttledWrites = new Set(['ProvisionedThroughputExceeded', 'ThrottlingError']);

/** From now on a client that is refused for the rate, after all tries of the SDK, throws StoreBusyError. A second call changes nothing. */
export function sayWhenThrottled(client: Pick<DynamoDBClient, 'middlewareStack'>): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (cause) {
        throw isThrottling(cause)
          ? new StoreBusyError('the tables are asked too much just now', { cause })
          : cause;
      }
    },
    { step: 'initialize', name: 'loligoSayWhenThrottled', override: true },
  );
}

function isThrottling(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!(error instanceof TransactionCanceledException)) return throttled.has(error.name);
  return (error.CancellationReasons ?? []).some(({ Code = '' }) => throttledWrites.has(Code));
}

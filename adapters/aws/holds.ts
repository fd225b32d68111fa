import type { Hold, Holds } from '../../core/ports/holds.ts';
import { resultKeys } from './keys.ts';
import type { Key } from './keys.ts';
import type { Tables } from './table.ts';
import { transition } from './transition.ts';

type HoldItem = Key & { readonly hold: Hold };

/** The wishes to keep nodes on DynamoDB. One request a call, two to take one back. */
export function dynamoHolds(tables: Tables): Holds {
  const read = async (run: string, jobId: number) =>
    tables.get<HoldItem>(tables.results, resultKeys.hold(run, jobId));
  return {
    async ask(hold) {
      const item: HoldItem = { ...resultKeys.hold(hold.run, hold.jobId), hold };
      await tables.putMany(tables.results, [item]);
    },
    of: async (run, jobId) => (await read(run, jobId))?.hold ?? null,
    async withdraw(run, jobId) {
      await transition(tables, async () => {
        if ((await read(run, jobId)) === null) return { result: undefined, writes: [] };
        const Delete = { TableName: tables.results, Key: resultKeys.hold(run, jobId) };
        return { result: undefined, writes: [{ Delete }] };
      });
    },
    async list() {
      const items = await tables.query<HoldItem>({
        TableName: tables.results,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': resultKeys.holds },
      });
      return items.map((item) => item.hold);
    },
  };
}

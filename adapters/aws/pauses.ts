import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { Pause, Pauses } from '../../core/ports/pauses.ts';
import { resultKeys } from './keys.ts';
import type { Item, Tables } from './table.ts';
import { putNext, transition } from './transition.ts';

type PauseItem = Item & { readonly pause: Pause; readonly goneAt: number };

/** Pauses on DynamoDB: one partition, which the dispatcher reads whole. Those that are over go with the table's time to live. */
export function dynamoPauses(tables: Tables): Pauses {
  const read = async (type: string) => tables.get<PauseItem>(tables.results, resultKeys.pause(type));
  return {
    async pause({ machineType, by, reason, since, until }) {
      const pause: Pause = { machineType, by, reason, since, until };
      const item = { ...resultKeys.pause(machineType), pause, goneAt: Math.ceil(until / 1000) };
      await transition(tables, async (op) => {
        const before = await read(machineType);
        const put = putNext<PauseItem>(tables.results, op, { item, before });
        return { result: undefined, writes: [put] };
      });
    },
    async resume(machineType, now) {
      return transition(tables, async () => {
        const before = await read(machineType);
        if (before === null || before.pause.until <= now) return { result: 'stale', writes: [] };
        const Delete = {
          TableName: tables.results,
          Key: resultKeys.pause(machineType),
          ConditionExpression: '#version = :before',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':before': before.version },
        };
        return { result: 'ok', writes: [{ Delete }] };
      });
    },
    async list(now) {
      const items = await tables.query<PauseItem>({
        TableName: tables.results,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': resultKeys.pauses },
      });
      return items
        .map((item) => item.pause)
        .filter((pause) => pause.until > now)
        .sort((a, b) => compareCodePoints(a.machineType, b.machineType));
    },
  };
}

import { compareCodePoints } from '../../core/config/code-point-order.ts';
import type { TokenRecord, TokenStore } from '../../core/ports/tokens.ts';
import { resultKeys } from './keys.ts';
import type { Item, Tables } from './table.ts';
import { putNext, transition } from './transition.ts';

type TokenItem = Item & { readonly token: TokenRecord };

/** The tokens of a lab on DynamoDB: an item each. A look at one is one read; all of them lie in one partition, as a lab has few. */
export function dynamoTokenStore(tables: Tables): TokenStore {
  const read = async (id: string) => tables.get<TokenItem>(tables.results, resultKeys.token(id));
  return {
    async add({ now, ...fields }) {
      return transition(tables, async (op) => {
        const known = await read(fields.id);
        if (known !== null) {
          return { result: known.token.sha256 === fields.sha256 ? 'ok' : 'taken', writes: [] };
        }
        const token: TokenRecord = { ...fields, createdAt: now, revokedAt: null, revokedBy: null };
        const item = { ...resultKeys.token(fields.id), token };
        const put = putNext<TokenItem>(tables.results, op, { item, before: null });
        return { result: 'ok', writes: [put] };
      });
    },
    get: async (id) => (await read(id))?.token ?? null,
    async list() {
      const items = await tables.query<TokenItem>({
        TableName: tables.results,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': resultKeys.tokens },
      });
      return items
        .map((item) => item.token)
        .sort((a, b) => b.createdAt - a.createdAt || compareCodePoints(a.id, b.id));
    },
    async revoke(id, { by, now }) {
      return transition(tables, async (op) => {
        const before = await read(id);
        if (before === null || before.token.revokedAt !== null) return { result: 'stale', writes: [] };
        const token = { ...before.token, revokedAt: now, revokedBy: by };
        const item = { ...resultKeys.token(id), token };
        const put = putNext<TokenItem>(tables.results, op, { item, before });
        return { result: 'ok', writes: [put] };
      });
    },
  };
}

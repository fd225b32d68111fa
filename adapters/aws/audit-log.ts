import type { AuditEntry, AuditLog, AuditRecord } from '../../core/ports/audit.ts';
import { resultKeys, sortable } from './keys.ts';
import type { Key } from './keys.ts';
import type { Tables } from './table.ts';

type AuditItem = Key & AuditEntry;

/**
 * The audit record on DynamoDB. An entry is written once for each list that shows it, in one request: the list of all, of its actor, and
 * of its subject. A list by both reads that of the subject and leaves out what others did.
 */
export function dynamoAuditLog(tables: Tables): AuditLog {
  let count = 0;
  return {
    async record({ at, actor, action, subject, detail }) {
      count += 1;
      // Nothing in it has to be escaped in a URL, where it is a cursor.
      const sk = `${sortable(at)}.${String(count).padStart(9, '0')}.${crypto.randomUUID()}`;
      const lists = [{}, { actor }, { subject }].map((filter) => resultKeys.audit(filter));
      const items = lists.map((pk): AuditItem => ({ pk, sk, at, actor, action, subject, detail }));
      await tables.putMany(tables.results, items);
    },
    async list(limit, { before, actor, subject } = {}) {
      const filtered = actor !== undefined && subject !== undefined;
      const items = await tables.query<AuditItem>({
        TableName: tables.results,
        ConsistentRead: true,
        KeyConditionExpression: before === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :before',
        ExpressionAttributeValues: {
          ':pk': resultKeys.audit({ actor, subject }),
          ':before': before,
          ...(filtered && { ':actor': actor }),
        },
        ...(filtered && {
          FilterExpression: '#actor = :actor',
          ExpressionAttributeNames: { '#actor': 'actor' },
        }),
        ScanIndexForward: false,
        Limit: limit,
      });
      return items.map(toRecord);
    },
  };
}

function toRecord({ sk: id, at, actor, action, subject, detail }: AuditItem): AuditRecord {
  return { id, at, actor, action, subject, detail };
}

import { afterEach, beforeEach, expect, test } from 'vitest';
import { dynamoAuditLog } from '../../adapters/aws/audit-log.ts';
import { dynamoHolds } from '../../adapters/aws/holds.ts';
import { dynamoNodeEvidence } from '../../adapters/aws/node-evidence.ts';
import { dynamoSubmissions } from '../../adapters/aws/submissions.ts';
import { describeAuditLog } from './audit-log.ts';
import { describeDynamo } from './describe-dynamo.ts';
import { tablesAt } from './dynamo-client.ts';
import { describeHolds } from './holds.ts';
import { describeNodeEvidence } from './node-evidence.ts';

describeDynamo('holds and evidence on DynamoDB', (setup) => {
  const withTables = async () => {
    const stores = await setup();
    return { ...stores, tables: tablesAt(stores.place) };
  };
  describeHolds({
    name: 'DynamoDB',
    setup: async () => {
      const { tables, close } = await withTables();
      return { holds: dynamoHolds(tables), close };
    },
  });
  describeNodeEvidence({
    name: 'DynamoDB',
    setup: async () => {
      const { tables, ...stores } = await withTables();
      return { ...stores, evidence: dynamoNodeEvidence(tables) };
    },
  });
});

describeDynamo('the journal of submissions on DynamoDB', (setup) => {
  let stores: Awaited<ReturnType<typeof setup>>;
  beforeEach(async () => {
    stores = await setup();
  });
  afterEach(async () => stores.close());
  const journal = () => dynamoSubmissions(tablesAt(stores.place));
  const submission = (key: string, at = 1) => ({ key, caller: 'ann', path: '/v1/jobs', body: '{}', at });
  const answer = { status: 201, contentType: 'application/json', body: '{"run":"r"}' };

  test('lets one of many with the same key begin, and gives all the first answer', async () => {
    const begun = await Promise.all(Array.from({ length: 8 }, () => journal().begin(submission('k'))));
    expect(begun.filter(({ kind }) => kind === 'new')).toHaveLength(1);
    await journal().finish('k', answer);
    await journal().finish('k', { ...answer, body: 'other' });
    const known = { kind: 'known', submission: submission('k'), answer };
    expect(await journal().begin(submission('k', 5))).toEqual(known);
  });

  test('knows what was begun and never answered, oldest first, and nothing else', async () => {
    const begun = { late: 1_000, early: 30, done: 1, undone: 2 };
    for (const [key, at] of Object.entries(begun)) await journal().begin(submission(key, at));
    await journal().finish('done', answer);
    await journal().forget('undone');
    await journal().forget('undone');
    expect((await journal().unfinished()).map(({ key }) => key)).toEqual(['early', 'late']);
    expect(await journal().begin(submission('undone'))).toEqual({ kind: 'new' });
  });
});

describeDynamo('the audit record on DynamoDB', (setup) => {
  describeAuditLog({
    name: 'DynamoDB',
    setup: async () => {
      const { place, close } = await setup();
      return { audit: dynamoAuditLog(tablesAt(place)), close };
    },
  });
});

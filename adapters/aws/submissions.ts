import type { Answer, BeginResult, Submission, Submissions } from '../../core/ports/submissions.ts';
import { resultKeys } from './keys.ts';
import type { Key } from './keys.ts';
import type { Item, Tables } from './table.ts';
import { putNext, transition } from './transition.ts';

interface SubmissionItem extends Item {
  readonly submission: Submission;
  readonly answer: Answer | null;
  readonly goneAt?: number; // epoch seconds, the table's time to live
}

type OpenItem = Item & { readonly key: string };

const keptSeconds = 7 * 24 * 3600;

/** The journal of submissions on DynamoDB. Each method is one read and one transaction of two writes; answers are kept for a week. */
export function dynamoSubmissions(
  tables: Tables,
  { now = () => Date.now() }: { now?: () => number } = {},
): Submissions {
  const read = async (key: string) => tables.get<SubmissionItem>(tables.results, resultKeys.submission(key));
  const closed = ({ key, at }: Submission) => ({
    Delete: { TableName: tables.results, Key: resultKeys.openSubmission(key, at) },
  });
  return {
    async begin(submission) {
      const { key, at } = submission;
      return transition<BeginResult>(tables, async (op) => {
        const known = await read(key);
        if (known !== null) {
          const { submission, answer } = known;
          return { result: { kind: 'known', submission, answer }, writes: [] };
        }
        const item = { ...resultKeys.submission(key), submission, answer: null };
        const open = { ...resultKeys.openSubmission(key, at), key };
        const writes = [
          putNext<SubmissionItem>(tables.results, op, { item, before: null }),
          putNext<OpenItem>(tables.results, op, { item: open, before: null }),
        ];
        return { result: { kind: 'new' }, writes };
      });
    },
    async finish(key, answer) {
      await transition(tables, async (op) => {
        const before = await read(key);
        if (before === null || before.answer !== null) return { result: undefined, writes: [] };
        const { submission } = before;
        const goneAt = Math.floor(now() / 1000) + keptSeconds;
        const item = { ...resultKeys.submission(key), submission, answer, goneAt };
        const put = putNext<SubmissionItem>(tables.results, op, { item, before });
        return { result: undefined, writes: [put, closed(submission)] };
      });
    },
    async forget(key) {
      await transition(tables, async () => {
        const before = await read(key);
        if (before === null) return { result: undefined, writes: [] };
        const gone = { Delete: { TableName: tables.results, Key: resultKeys.submission(key) } };
        return { result: undefined, writes: [gone, closed(before.submission)] };
      });
    },
    async unfinished() {
      const open = await tables.query<Key & { key: string }>({
        TableName: tables.results,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': resultKeys.openSubmissions },
      });
      const keys = open.map(({ key }) => resultKeys.submission(key));
      const items = await tables.getMany<SubmissionItem>(tables.results, keys);
      return items.flatMap((item) => (item === null || item.answer !== null ? [] : [item.submission]));
    },
  };
}

import type { RunReports, WantedReport } from '../../core/ports/run-reports.ts';
import { resultKeys } from './keys.ts';
import type { Key } from './keys.ts';
import type { Item, Tables } from './table.ts';
import { putNext, transition } from './transition.ts';

interface ReportItem extends Item {
  readonly report: WantedReport;
  readonly closed: boolean;
  readonly openSk: string; // of its place among the open ones
}

type OpenReport = Item & { readonly report: WantedReport };

/**
 * The reports that are due, on DynamoDB. An open report lies in the list of open ones too, in the order in which it was wanted, so that
 * reports which are over cost nothing. A mark is one item, and one request.
 */
export function dynamoRunReports(
  tables: Tables,
  { now = () => Date.now() }: { now?: () => number } = {},
): RunReports {
  const read = async (run: string) => tables.get<ReportItem>(tables.results, resultKeys.report(run));
  let last = 0;
  return {
    async want({ run, email, mailBy }) {
      await transition(tables, async (op) => {
        if ((await read(run)) !== null) return { result: undefined, writes: [] };
        last = Math.max(last + 1, now());
        const report: WantedReport = { run, email, mailBy };
        const open = { ...resultKeys.openReport(run, last), report };
        const item = { ...resultKeys.report(run), report, closed: false, openSk: open.sk };
        const writes = [
          putNext<ReportItem>(tables.results, op, { item, before: null }),
          putNext<OpenReport>(tables.results, op, { item: open, before: null }),
        ];
        return { result: undefined, writes };
      });
    },
    async open() {
      const items = await tables.query<OpenReport>({
        TableName: tables.results,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': resultKeys.openReports },
      });
      return items.map((item) => item.report);
    },
    async mark(run, what) {
      await tables.putMany(tables.results, [resultKeys.reportMark(run, what)]);
    },
    async marks(run) {
      const items = await tables.query<Key>({
        TableName: tables.results,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk and begins_with(sk, :kind)',
        ExpressionAttributeValues: { ':pk': resultKeys.report(run).pk, ':kind': reportMarkPrefix },
      });
      return new Set(items.map(({ sk }) => sk.slice(reportMarkPrefix.length)));
    },
    async close(run) {
      await transition(tables, async (op) => {
        const before = await read(run);
        if (before === null || before.closed) return { result: undefined, writes: [] };
        const put = putNext<ReportItem>(tables.results, op, { item: { ...before, closed: true }, before });
        const Delete = {
          TableName: tables.results,
          Key: { pk: resultKeys.openReports, sk: before.openSk },
        };
        return { result: undefined, writes: [put, { Delete }] };
      });
    },
  };
}

const reportMarkPrefix = resultKeys.reportMark('', '').sk;

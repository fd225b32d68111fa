import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunReports } from '../../core/ports/run-reports.ts';
import { deskLawCases } from './desk-laws.ts';

interface Store {
  readonly reports: RunReports;
  readonly close: () => void | Promise<void>;
}

/** What every store of due reports must do. `setup` gives an empty one. */
export function describeRunReports(params: { name: string; setup: () => Promise<Store> }): void {
  describe(`run reports: ${params.name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await params.setup();
    });
    afterEach(async () => store.close());
    deskLawCases('reports', () => store.reports);

    test('a wanted report is open until it is closed, and is never opened again', async () => {
      const { reports } = store;
      const wanted = { run: 'r', email: 'ann@lab', mailBy: 7 };
      await reports.want(wanted);
      await reports.want({ run: 's', email: null, mailBy: 8 });
      await reports.want({ ...wanted, email: 'bob@lab' });
      expect(await reports.open()).toEqual([wanted, { run: 's', email: null, mailBy: 8 }]);
      await reports.close('r');
      await reports.close('r');
      await reports.want(wanted);
      expect((await reports.open()).map((each) => each.run)).toEqual(['s']);
    });

    test('marks are kept by run, each once', async () => {
      const { reports } = store;
      await reports.mark('r', 'job 7');
      await reports.mark('r', 'job 7');
      await reports.mark('s', 'deadline');
      expect(await reports.marks('r')).toEqual(new Set(['job 7']));
      expect(await reports.marks('nobody')).toEqual(new Set());
    });
  });
}

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Hold, Holds } from '../../core/ports/holds.ts';
import { deskLawCases } from './desk-laws.ts';

/** What every store of holds must do. `setup` gives an empty one. */
export function describeHolds(params: {
  name: string;
  setup: () => Promise<{ readonly holds: Holds; readonly close: () => void | Promise<void> }>;
}): void {
  describe(`holds: ${params.name}`, () => {
    let store: { readonly holds: Holds; readonly close: () => void | Promise<void> };
    beforeEach(async () => {
      store = await params.setup();
    });
    afterEach(async () => store.close());
    deskLawCases('holds', () => store.holds);
    const hold: Hold = { run: 'r', jobId: 7, seconds: 90.5, by: 'ann@lab', reason: 'a crash', at: 5 };

    test('every field of a wish comes back, and the last one for a job counts', async () => {
      const { holds } = store;
      expect(await holds.of('r', 7)).toBeNull();
      await holds.ask(hold);
      expect(await holds.of('r', 7)).toEqual(hold);
      expect(await holds.of('r', 8)).toBeNull();
      expect(await holds.of('s', 7)).toBeNull();
      await holds.ask({ ...hold, seconds: 60, reason: null, by: 'bob@lab', at: 6 });
      expect(await holds.list()).toEqual([{ ...hold, seconds: 60, reason: null, by: 'bob@lab', at: 6 }]);
    });

    test('wishes are listed by job, and are gone once they are withdrawn', async () => {
      const { holds } = store;
      await holds.ask({ ...hold, jobId: 10 });
      await holds.ask({ ...hold, jobId: 9, run: 's' });
      expect((await holds.list()).map(({ run, jobId }) => `${run}/${jobId}`)).toEqual(['s/9', 'r/10']);
      await holds.withdraw('s', 9);
      await holds.withdraw('s', 9);
      expect(await holds.list()).toHaveLength(1);
    });
  });
}

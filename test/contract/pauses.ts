import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { everyQueue } from '../../core/ports/pauses.ts';
import type { Pause, Pauses } from '../../core/ports/pauses.ts';
import { deskLawCases } from './desk-laws.ts';

interface Store {
  readonly pauses: Pauses;
  readonly close: () => void | Promise<void>;
}

/** What every store of pauses must do. `setup` gives an empty one. */
export function describePauses(params: { name: string; setup: () => Promise<Store> }): void {
  describe(`pauses: ${params.name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await params.setup();
    });
    afterEach(async () => store.close());
    deskLawCases('pauses', () => store.pauses);
    const pause: Pause = {
      machineType: 'smithi',
      by: 'ann@lab',
      reason: 'new images',
      since: 10,
      until: 100,
    };

    test('every field comes back while a pause lasts, and nothing once its time is over', async () => {
      const { pauses } = store;
      await pauses.pause(pause);
      await pauses.pause({ ...pause, machineType: everyQueue, until: 50 });
      expect(await pauses.list(20)).toEqual([{ ...pause, machineType: everyQueue, until: 50 }, pause]);
      expect(await pauses.list(50)).toEqual([pause]);
      expect(await pauses.list(100)).toEqual([]);
    });

    test('a second pause of a queue takes the place of the first, and may be shorter', async () => {
      const { pauses } = store;
      await pauses.pause(pause);
      await pauses.pause({ ...pause, by: 'bob@lab', until: 40 });
      expect(await pauses.list(20)).toEqual([{ ...pause, by: 'bob@lab', until: 40 }]);
      expect(await pauses.list(40)).toEqual([]);
    });

    test('a pause is ended once, and one that is over not at all', async () => {
      const { pauses } = store;
      await pauses.pause(pause);
      expect(await pauses.resume('mira', 20)).toBe('stale');
      expect(await pauses.resume('smithi', 20)).toBe('ok');
      expect(await pauses.resume('smithi', 20)).toBe('stale');
      expect(await pauses.list(20)).toEqual([]);
      await pauses.pause(pause);
      expect(await pauses.resume('smithi', 100)).toBe('stale');
    });
  });
}

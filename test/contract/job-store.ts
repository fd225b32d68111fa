import { afterEach, beforeEach, describe } from 'vitest';
import { attemptCases } from './job-store-attempts.ts';
import { claimCases } from './job-store-claims.ts';
import { queueCases } from './job-store-queue.ts';
import { raceCases } from './job-store-races.ts';
import type { StoresUnderTest } from './race.ts';

/** What every job store must do. `setup` gives empty stores; `close` of them takes everything away. */
export function describeJobStore(params: { name: string; setup: () => Promise<StoresUnderTest> }): void {
  describe(`job store: ${params.name}`, () => {
    let stores: StoresUnderTest;
    beforeEach(async () => {
      stores = await params.setup();
    });
    afterEach(async () => stores.close());
    queueCases(() => stores);
    claimCases(() => stores);
    attemptCases(() => stores);
    raceCases(() => stores);
  });
}

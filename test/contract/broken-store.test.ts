import { afterEach, beforeEach, expect, test } from 'vitest';
import { breachesOfClaiming } from './lock-laws.ts';
import { breachesOfHostKeys } from './node-inventory.ts';
import { breachesOfMoving } from './node-moves.ts';
import type { StoresUnderTest } from './race.ts';
import { setupSqliteStores } from './sqlite-client.ts';

let stores: StoresUnderTest;
beforeEach(async () => {
  stores = await setupSqliteStores(new URL('./broken-client.ts', import.meta.url).href);
});
afterEach(async () => stores.close());

test('the contract sees a claim that reads first and writes later', async () => {
  expect(await breachesOfClaiming(stores)).toContainEqual(expect.stringMatching(/jobs got the same nodes/));
});

test('the contract sees a host key that is stored with what the node was before', async () => {
  expect(await breachesOfHostKeys(stores)).toContainEqual(expect.stringMatching(/ NEW and system 12$/));
});

test('the contract sees a move that reads first and writes later', async () => {
  expect(await breachesOfMoving(stores)).toContainEqual(expect.stringMatching(/on port 9/));
});

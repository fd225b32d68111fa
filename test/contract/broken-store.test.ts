import { expect, test } from 'vitest';
import { breachesOfClaiming } from './lock-laws.ts';
import { setupSqliteStores } from './sqlite-client.ts';

test('the contract sees a store that reads first and writes later', async () => {
  const stores = await setupSqliteStores(new URL('./broken-client.ts', import.meta.url).href);
  try {
    expect(await breachesOfClaiming(stores)).toContainEqual(expect.stringMatching(/jobs got the same nodes/));
  } finally {
    await stores.close();
  }
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { nodeSpec } from '../fixtures/lab-records.ts';
import { setupSqliteStores } from './sqlite-client.ts';

const racerFile = new URL('../fixtures/lock-racer.ts', import.meta.url).pathname;
const rounds = 60;

interface Grant {
  readonly names: readonly string[];
  readonly again: readonly string[];
  readonly fence: number;
  readonly stolen: readonly string[];
}

test('processes that race for two of three nodes get both or none, and no node is ever two people’s', async () => {
  const stores = await setupSqliteStores();
  try {
    await stores.nodes.register(
      ['a', 'b', 'c'].map((name) => nodeSpec(name)),
      1,
    );
    const race = async (racer: number): Promise<Grant[]> => {
      const args = [racerFile, stores.file, String(racer), String(rounds)];
      return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as Grant[];
    };
    const grants = (await Promise.all([1, 2, 3].map(race))).flat();
    expect(grants.length).toBeGreaterThan(0);
    for (const grant of grants) {
      expect(new Set(grant.names).size).toBe(2);
      expect(grant.again).toEqual(grant.names);
      expect(grant.stolen).toEqual([]);
    }
    for (const name of ['a', 'b', 'c']) {
      const fences = grants.filter((grant) => grant.names.includes(name)).map((grant) => grant.fence);
      expect(new Set(fences).size).toBe(fences.length);
      const events = (await stores.nodes.history(name, 10_000)).toReversed().map((event) => event.event);
      const held = events.filter((event) => event === 'locked' || event === 'released');
      expect(held).toEqual(fences.flatMap(() => ['locked', 'released']));
    }
    expect(await stores.nodes.list({ state: 'free' })).toHaveLength(3);
  } finally {
    await stores.close();
  }
});

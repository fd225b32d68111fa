import { describe, expect, test } from 'vitest';
import { breachText } from './report.ts';
import { runWorld } from './run-world.ts';
import type { WorldReport } from './run-world.ts';
import { raceThreads } from './thread-race.ts';

const replay = (report: WorldReport, operations: number) =>
  `node test/chaos/main.ts --seed ${report.seed} --operations ${operations}`;

describe('a lab in which everything goes wrong', () => {
  let lived = 0;

  test.for(['1', '2', '3', '4', '5', '6'])('keeps its laws in world %s', async (seed) => {
    const operations = 1500;
    const report = await runWorld({ seed, operations });
    expect(report.breaches.map((found) => breachText(report, found, replay(report, operations)))).toEqual([]);
    // A quiet world proves nothing.
    expect(report.operations).toBeGreaterThan(operations);
    expect(report.faults.size).toBeGreaterThan(10);
    expect(report.byStatus).toMatchObject({ pass: expect.any(Number), dead: expect.any(Number) });
    lived += report.operations;
  });

  test('lives 20,000 operations in all', () => {
    expect(lived).toBeGreaterThan(20_000);
  });

  test('is the same again with the same seed, and another with another', async () => {
    const [first, again, other] = [
      await runWorld({ seed: '7', operations: 500 }),
      await runWorld({ seed: '7', operations: 500 }),
      await runWorld({ seed: '8', operations: 500 }),
    ];
    expect(again.fingerprint).toBe(first.fingerprint);
    expect(other.fingerprint).not.toBe(first.fingerprint);
  });
});

describe('threads that race for one lab', () => {
  test('keep the laws in the order in which the database commits', async () => {
    const race = await raceThreads({ seed: '1', racers: 3, operations: 6000 });
    expect(race.breaches).toEqual([]);
    expect(race.operations).toBeGreaterThanOrEqual(6000);
  });
});

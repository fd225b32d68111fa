import { describe, expect, test } from 'vitest';
import { mutantNames } from './mutants.ts';
import type { Mutant } from './mutants.ts';
import { breachText } from './report.ts';
import { runWorld } from './run-world.ts';
import type { WorldReport } from './run-world.ts';
import { raceThreads } from './thread-race.ts';

const replay = (report: WorldReport, operations: number) =>
  `node test/chaos/main.ts --seed ${report.seed} --operations ${operations}`;

describe('a lab in which everything goes wrong', () => {
  test.for(['1', '2', '3', '4', '5', '6'])('keeps its laws in world %s', async (seed) => {
    const operations = 2500;
    const report = await runWorld({ seed, operations });
    expect(report.breaches.map((found) => breachText(report, found, replay(report, operations)))).toEqual([]);
    // A quiet world proves nothing.
    expect(report.operations).toBeGreaterThan(operations);
    expect(report.faults.size).toBeGreaterThan(10);
    expect(report.byStatus).toMatchObject({ pass: expect.any(Number), dead: expect.any(Number) });
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

/** For stores that are broken on purpose, the laws by which that may come to light first. */
const seenAs: Readonly<Record<Mutant, readonly string[]>> = {
  'a claim that does not look at nodes first': ['L1'],
  'a claim whose fence does not grow': ['L3'],
  'a finish that takes an old fence': ['L1', 'L3', 'L8'],
  'a release that forgets a node': ['L1'],
  'counters that do not move': ['L4'],
  'a lease that anybody renews': ['L3'],
  'a lock of people that anybody renews': ['L3'],
  'a sweep that ends live jobs': ['L3'],
  'a second runner that may start': ['L3', 'L5'],
  'an outcome that may change': ['L4'],
  'nodes that are never cleaned': ['L8'],
  'a cleaner whose fence is not looked at': ['L3', 'L8'],
  'a claim of a part of the nodes': ['L1', 'L2'],
  'a job that is lost from the queue': ['L9'],
  'a queue that forgets big jobs': ['L9'],
  'a runner that is believed to live for ever': ['L6'],
  'a finish that ends what has started': ['L1', 'L3', 'L5', 'L8'],
  'a claim that tells of fewer nodes than it took': ['L2'],
  'a sweep that sees no running job': ['L6'],
  'a pause that nobody minds': ['pause'],
  'a lease of workers that is not kept': ['L3'],
  'workers without names': ['L5'],
  'workers that are looked for beside the lab': ['L3'],
  'mail that is noted and not sent': ['L4'],
  'a transaction that is not undone': ['L1', 'L2', 'L3', 'L4', 'L5', 'L8'],
};

describe('the checker sees', () => {
  test.for(mutantNames)('%s', async (mutant) => {
    expect(seenAs[mutant]).toContain(await firstLawBroken(mutant));
  });
});

/** Most mutants are caught in the first worlds, some in one of thirty: which ones depends on every call that the lab makes. */
const worlds = ['54', '86', '21', '22', '43', '45', '42', '23', '24', '25', '27', '39'].concat(
  Array.from({ length: 100 }, (_, i) => String(50 + i)),
);

/** Of the first world in which a mutant is caught at all. */
async function firstLawBroken(mutant: Mutant): Promise<string | null> {
  for (const seed of worlds) {
    const [first] = (await runWorld({ seed, operations: 800, mutant })).breaches;
    if (first !== undefined) return first.law;
  }
  return null;
}

describe('threads that race for one lab', () => {
  test('keep the laws in the order in which the database commits', async () => {
    const race = await raceThreads({ seed: '1', racers: 3, operations: 6000 });
    expect(race.breaches).toEqual([]);
    expect(race.operations).toBeGreaterThanOrEqual(6000);
  });
});

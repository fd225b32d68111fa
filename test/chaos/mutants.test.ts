import { describe, expect, test } from 'vitest';
import { mutantNames } from './mutants.ts';
import type { Mutant } from './mutants.ts';
import { runWorld } from './run-world.ts';

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

/** Most are caught in the first worlds, some in one of many: in which ones depends on every call that the lab makes. */
const worlds = ['1', '6', ...Array.from({ length: 100 }, (_, i) => String(2 + i))];

/** Of the first world in which a mutant is caught at all. */
async function firstLawBroken(mutant: Mutant): Promise<string | null> {
  for (const seed of worlds) {
    const [first] = (await runWorld({ seed, operations: 800, mutant })).breaches;
    if (first !== undefined) return first.law;
  }
  return null;
}

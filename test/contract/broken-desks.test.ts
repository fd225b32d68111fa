import { describe, expect, test } from 'vitest';
import { deskLawCases, deskLaws } from './desk-laws.ts';
import type { Desks } from './desk-laws.ts';
import { memoryDesks } from './torn-desks.ts';

const names = Object.keys(deskLaws) as (keyof Desks)[];

describe('a store whose changes are one step each', () => {
  for (const name of names) deskLawCases(name, () => memoryDesks({ torn: false })[name]);
});

describe('the contract sees a store that reads first and writes later', () => {
  for (const name of names) breachCases(name);
});

function breachCases<Name extends keyof Desks>(name: Name): void {
  test.each(deskLaws[name])(`of ${name}: it is not so that $law`, async ({ found }) => {
    const { is, must } = await found(memoryDesks({ torn: true })[name]);
    expect(is).not.toEqual(must);
  });
}

import { expect, test } from 'vitest';
import { testAssembly } from '../fixtures/assembly.ts';
import { triggersOf, untriggered, variables, variablesOf } from './declared.ts';
import { inertTypes } from './inert-types.ts';

const { template } = testAssembly();

test('whoever gives a function or a runner a new variable says where the rehearsal stands on it', () => {
  expect(variablesOf(template)).toEqual(Object.keys(variables).sort());
});

test('no reason is left over for what the template no longer has', () => {
  const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
  expect(Object.keys(inertTypes).filter((type) => !types.has(type))).toEqual([]);
  const triggers = triggersOf(template);
  const unknown = Object.keys(untriggered).filter((prefix) => !triggers.some((id) => id.startsWith(prefix)));
  expect(unknown).toEqual([]);
});

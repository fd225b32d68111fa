import { describe, expect, test } from 'vitest';
import { durationKeys } from './duration-keys.ts';

const keys = (description: string, machineType = 'box') => durationKeys({ description, machineType });

describe('durationKeys()', () => {
  test('are the description and the suite, each with the machine types', () => {
    expect(keys('rados:basic/{a b/{c}}')).toEqual(['box rados:basic/{a b/{c}}', 'box rados:basic/']);
  });

  test('leave out what the seed has chosen', () => {
    expect(keys('s/{a$/{x} b/{y}}')[0]).toBe('box s/{a$ b/{y}}');
    expect(keys('s/{a$/{x/{1 2}} b$/{y}}')[0]).toBe('box s/{a$ b$}');
    expect(keys('s/{a$/{x')[0]).toBe('box s/{a$');
  });

  test('do not depend on the order of machine types', () => {
    expect(keys('s/{a}', 'rack, box')).toEqual(keys('s/{a}', 'box,rack'));
    expect(keys('s/{a}', 'rack')).not.toEqual(keys('s/{a}', 'box'));
  });

  test('of a single job are its description, if it has one', () => {
    expect(keys('nightly check')).toEqual(['box nightly check']);
    expect(keys(' ')).toEqual([]);
  });
});

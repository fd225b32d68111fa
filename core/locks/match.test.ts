import { expect, test } from 'vitest';
import { mismatches } from './match.ts';
import type { NodeWish } from './match.ts';

const anything: NodeWish = { machineType: 'container', osType: null, osVersion: null, arch: null };
const node = {
  name: 'container01',
  machineType: 'container',
  arch: 'x86_64',
  osType: 'debian,debian,ubuntu',
  osVersion: '12,11,22.04',
};

test.each([
  [{}, []],
  [{ osType: 'debian' }, []],
  [{ osType: 'Ubuntu', osVersion: '22.04' }, []],
  [{ osVersion: '11' }, []],
  [{ osType: 'debian', osVersion: '22.04' }, ['has version 12 or 11, not 22.04']],
  [{ osType: 'rhel' }, ['has debian or ubuntu, not rhel']],
  [
    { osType: 'rhel', osVersion: '9' },
    ['has debian or ubuntu, not rhel', 'has version 12 or 11 or 22.04, not 9'],
  ],
])('a node that can be given several systems, asked for %j: %j', (wish, reasons) => {
  expect(mismatches(node, { ...anything, ...wish })).toEqual(reasons);
});

test('a node whose system nobody knows says so', () => {
  const wish = { ...anything, osType: 'debian', osVersion: '12' };
  expect(mismatches({ ...node, osType: '', osVersion: '' }, wish)).toEqual([
    'has an unknown system, not debian',
    'has version unknown, not 12',
  ]);
});

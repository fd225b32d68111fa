import { expect, test } from 'vitest';
import { refuseOtherSystem } from './reimage.ts';

const one = { name: 'n1', os_type: 'ubuntu', os_version: '22.04' };
const several = { name: 'n2', os_type: 'debian,debian', os_version: '12,11' };

test.each([
  [one, {}],
  [one, { osType: 'ubuntu', osVersion: '22.04' }],
  [several, { osType: 'debian' }],
  [several, { osVersion: '12' }],
])('%o is made new as %o wishes', (node, wish) => {
  expect(() => refuseOtherSystem(node, wish)).not.toThrow();
});

test.each([
  [one, { osVersion: '20.04' }, 'node n1 is made new with ubuntu 22.04, not ubuntu 20.04'],
  [
    several,
    { osType: 'debian', osVersion: '11' },
    'node n2 is made new with debian 12, not debian 11; a job that asks for it gets it there when it begins',
  ],
  [
    { ...one, os_type: '', os_version: '' },
    { osType: 'centos' },
    'node n1 is made new with its own system, not centos',
  ],
])('%o is not made new as %o wishes', (node, wish, sentence) => {
  expect(() => refuseOtherSystem(node, wish)).toThrow(expect.objectContaining({ message: sentence }));
});

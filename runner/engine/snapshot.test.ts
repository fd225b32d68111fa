import { expect, test } from 'vitest';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import type { Remote } from '../remote/remote.ts';
import { withoutSnapshots } from './snapshot.ts';

const remotes = ['a', 'b'].map((hostname) => ({ hostname }) as Remote);
const task = { log: silentLogger, signal: new AbortController().signal, remotes };

test('hosts that keep no snapshots are all installed, or those that the order names', async () => {
  const installed: string[][] = [];
  const install = async (some: readonly Remote[]) => void installed.push(some.map((one) => one.hostname));
  expect(await withoutSnapshots(task, { name: 'x', key: ['x', '1'] }, install)).toBe('none');
  await withoutSnapshots(task, { name: 'x', key: null, remotes: remotes.slice(1) }, install);
  expect(installed).toEqual([['a', 'b'], ['b']]);
});

test('that they keep none is said, unless nothing could be kept anyway', async () => {
  const said: string[] = [];
  const log = { ...silentLogger, info: (message: string) => void said.push(message) };
  await withoutSnapshots({ ...task, log }, { name: 'x', key: ['x', '1'] }, async () => {});
  await withoutSnapshots({ ...task, log }, { name: 'y', key: null }, async () => {});
  expect(said).toEqual(['no snapshots are kept of these hosts: x is made on each of them']);
});

test('what goes wrong while installing is the failure of the task', async () => {
  const install = async () => Promise.reject(new Error('no such package'));
  await expect(withoutSnapshots(task, { name: 'x', key: 1 }, install)).rejects.toThrow('no such package');
});

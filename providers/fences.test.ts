import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StaleFenceError } from '../core/ports/provider.ts';
import { openFences } from './fences.ts';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'loligo-fences-')), 'fences');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

const nothing = async () => undefined;

test('a fence may come again and may grow, but never fall', async () => {
  const fences = openFences(folder);
  await fences.guard('a', 9, nothing);
  await fences.guard('a', 9, nothing);
  await fences.guard('a', 10, nothing);
  await expect(fences.guard('a', 9, nothing)).rejects.toThrow('node a: fence 9 is older than 10');
  await fences.guard('b', 1, nothing);
});

test('fences are remembered after a restart, and noted before the act', async () => {
  const failing = openFences(folder).guard('node.with-dots', 5, () => Promise.reject(new Error('power cut')));
  await expect(failing).rejects.toThrow('power cut');
  await expect(openFences(folder).guard('node.with-dots', 4, nothing)).rejects.toBeInstanceOf(
    StaleFenceError,
  );
});

test('acts on one node take turns, those on others do not wait', async () => {
  const fences = openFences(folder);
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = fences.guard('a', 1, async () => {
    order.push('first begins');
    await gate.promise;
    order.push('first ends');
  });
  const second = fences.guard('a', 2, async () => void order.push('second'));
  await fences.guard('b', 1, async () => void order.push('other'));
  gate.resolve();
  await Promise.all([first, second]);
  expect(order.indexOf('other')).toBeLessThan(order.indexOf('first ends'));
  expect(order.indexOf('second')).toBeGreaterThan(order.indexOf('first ends'));
});

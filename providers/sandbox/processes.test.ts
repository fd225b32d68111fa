import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { findMarked, findProcess, isRunning, killMarked, killTree } from './processes.ts';
import type { ProcessRef } from './processes.ts';

const sh = (script: string, env: Record<string, string> = {}) =>
  spawn('/bin/sh', ['-c', script], {
    env: { PATH: '/usr/bin:/bin', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });

test('a process is told from a later one with the same id', async () => {
  const child = sh('echo up; sleep 1010');
  await once(child.stdout, 'data');
  const found = (await findProcess(child.pid ?? 0)) as ProcessRef;
  expect(await isRunning(found)).toBe(true);
  expect(await isRunning({ ...found, startTime: '1' })).toBe(false);
  await killTree({ ...found, startTime: '1' });
  expect(await isRunning(found)).toBe(true);
  await killTree(found);
  expect(await isRunning(found)).toBe(false);
  expect(await findProcess(found.pid)).toBeNull();
});

test('a tree dies whole, also while it forks and after it left its session', async () => {
  const child = sh(
    `echo up; setsid sh -c 'sleep 1011 & sleep 1012' & while :; do sleep 1013 & sleep 0.02; done`,
    {
      LOLIGO_TEST_TREE: 'tree-1',
    },
  );
  await once(child.stdout, 'data');
  await killTree((await findProcess(child.pid ?? 0)) as ProcessRef);
  expect(await findMarked('LOLIGO_TEST_TREE=tree-1')).toEqual([]);
});

test('the marked die, however far they went; those with another mark live', async () => {
  const marked = sh(`setsid sh -c 'trap "" TERM HUP; (sleep 1014 &); sleep 1015' & echo up; sleep 1016`, {
    LOLIGO_TEST_MARK: 'mark-1',
  });
  const similar = sh('echo up; sleep 1017', {
    LOLIGO_TEST_MARK: 'mark-12',
    OTHER: 'LOLIGO_TEST_MARK=mark-1',
  });
  await Promise.all([once(marked.stdout, 'data'), once(similar.stdout, 'data')]);
  await killMarked('LOLIGO_TEST_MARK=mark-1');
  expect(await findMarked('LOLIGO_TEST_MARK=mark-1')).toEqual([]);
  expect((await findMarked('LOLIGO_TEST_MARK=mark-12')).length).toBeGreaterThan(0);
  await killMarked('LOLIGO_TEST_MARK=mark-12');
});

test('the marked are gone with their files, which they lose later than their environment', async () => {
  const opens = `const { openSync } = require('node:fs');
    try { for (let file = 0; file < 15000; file += 1) openSync('/proc/self/stat'); } catch {}
    console.log('up'); setInterval(() => {}, 1000);`;
  const marked = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['-e', opens], {
      env: { LOLIGO_TEST_MARK: 'mark-files' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  await Promise.all(marked.map(({ stdout }) => once(stdout, 'data')));
  await killMarked('LOLIGO_TEST_MARK=mark-files');
  expect(await Promise.all(marked.map(({ pid }) => findProcess(pid ?? 0)))).toEqual([null, null, null, null]);
});

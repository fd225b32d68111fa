import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { killProcessesOf, processesOf } from './processes-of.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-processes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('processes are found by command line and by environment, others are left alone', async () => {
  const shell = (text: string, env: Record<string, string> = {}) =>
    spawn('/bin/sh', ['-c', text], { stdio: 'ignore', env: { PATH: '/usr/bin:/bin', ...env } });
  const named = shell(`: ${folder}/x; sleep 60 & wait`);
  const marked = shell('sleep 60 & wait', { MARK: folder });
  const sibling = shell(`: ${folder}-other/x; sleep 60 & wait`);
  await Promise.all([named, marked, sibling].map((child) => once(child, 'spawn')));

  const found = (await processesOf(folder)).map(({ pid }) => pid);
  expect(found).toContain(named.pid);
  expect(found).toContain(marked.pid);
  expect(found).not.toContain(sibling.pid);
  expect(found).not.toContain(process.pid);

  const ended = Promise.all([once(named, 'exit'), once(marked, 'exit')]);
  expect((await killProcessesOf(folder)).map(({ pid }) => pid)).toEqual(
    expect.arrayContaining([named.pid, marked.pid]),
  );
  await ended;
  expect(await processesOf(folder)).toEqual([]);
  expect(sibling.exitCode).toBeNull();
  await killProcessesOf(`${folder}-other`);
});

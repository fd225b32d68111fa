import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import type { Command, Remote, RunOptions, TaskContext } from '../engine/task.ts';
import { createCluster } from '../remote/cluster.ts';
import { shipUtilities, suppressionsShipped } from './ship-utilities.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-ship-'));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'test'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A job on one host, whose scripts run here with a folder in the place of `/usr/bin`. */
function jobHere(suitePath: string | null) {
  const scripts: string[] = [];
  const remote = {
    name: 'ubuntu@h1',
    testDir: join(folder, 'test'),
    async run(_command: Command, { stdin }: RunOptions) {
      scripts.push(String(stdin));
      execFileSync('sh', ['-e'], { input: String(stdin).replaceAll('/usr/bin/', `${folder}/bin/`) });
    },
  } as unknown as Remote;
  const undos: (() => unknown)[] = [];
  const ctx = {
    cluster: createCluster([{ remote, roles: ['client.0'] }]),
    defer: (undo: () => unknown) => void undos.push(undo),
    job: {},
    log: silentLogger,
    options: { suitePath },
    signal: new AbortController().signal,
    state: new Map(),
  } as unknown as TaskContext;
  const undo = async (): Promise<void> => {
    for (const each of undos.toReversed()) await each();
  };
  return { ctx, scripts, undo };
}

describe('the utilities', () => {
  test('are put on a host as they are, executable and by nobody to be changed, and taken away', async () => {
    const { ctx, undo } = jobHere(null);
    await shipUtilities(ctx);
    expect(readdirSync(join(folder, 'bin')).sort()).toEqual([
      'adjust-ulimits',
      'daemon-helper',
      'stdin-killer',
    ]);
    for (const name of ['adjust-ulimits', 'daemon-helper', 'stdin-killer']) {
      const source = readFileSync(join(import.meta.dirname, `${name}.sh`), 'utf8');
      const shipped = join(folder, 'bin', name);
      expect(readFileSync(shipped, 'utf8').trimEnd()).toBe(source.trimEnd());
      expect(statSync(shipped).mode & 0o777).toBe(0o555);
    }
    const echoed = execFileSync(join(folder, 'bin/stdin-killer'), ['cat'], { input: 'through\n' });
    expect(echoed.toString()).toBe('through\n');
    expect(suppressionsShipped(ctx)).toBe(false);
    await undo();
    expect(readdirSync(join(folder, 'bin'))).toEqual([]);
  });

  test('come with the suppressions of a suite that has some', async () => {
    writeFileSync(join(folder, 'valgrind.supp'), "{\n  it's ours\n}\n");
    const { ctx, undo } = jobHere(folder);
    await shipUtilities(ctx);
    expect(readFileSync(join(folder, 'test/valgrind.supp'), 'utf8')).toBe("{\n  it's ours\n}\n");
    expect(suppressionsShipped(ctx)).toBe(true);
    await undo();
    expect(existsSync(join(folder, 'test/valgrind.supp'))).toBe(false);
  });

  test('are copied again by a second call, and removed once', async () => {
    const { ctx, scripts, undo } = jobHere(null);
    await shipUtilities(ctx);
    rmSync(join(folder, 'bin/daemon-helper')); // as when the host has become another container
    await shipUtilities(ctx);
    expect(existsSync(join(folder, 'bin/daemon-helper'))).toBe(true);
    await undo();
    expect(scripts).toHaveLength(3);
  });
});

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { childLauncher, LaunchError } from './child-launcher.ts';
import type { ChildLauncherOptions } from './child-launcher.ts';
import { pidOf, processIdentity } from './process-identity.ts';

const runnerMain = fileURLToPath(new URL('../../test/fixtures/fake-runner.ts', import.meta.url));
const attempt = { run: 'run:x', jobId: 7, fence: 3 };
const params = { attempt, attemptNumber: 1, nodes: [] };

let folder: string;
const started: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-launcher-'));
});
afterEach(async () => {
  for (const runner of started.splice(0)) await launcherWith({}).stop(runner, { force: true });
  rmSync(folder, { recursive: true });
});

function launcherWith(options: Partial<ChildLauncherOptions>) {
  return childLauncher({
    folder,
    runnerMain,
    archiveUrl: null,
    env: { PATH: process.env['PATH'] },
    ...options,
  });
}

const logFile = () => join(folder, 'archive', 'run:x', '7', 'supervisor.7.log');
const log = () => readFileSync(logFile(), 'utf8');

async function launched(options: Partial<ChildLauncherOptions> = {}) {
  const launcher = launcherWith(options);
  const runner = await launcher.launch(params);
  started.push(runner);
  return { launcher, runner };
}

test('a runner gets its assignment, its own environment, and a log in the archive', async () => {
  await launched({ env: { FAKE_RUNNER: 'plain' }, archiveUrl: 'https://lab.example' });
  await vi.waitFor(() => expect(log()).toContain('running job 7'), { timeout: 20_000 });
  expect(log()).toContain('mode plain, secret unknown');
  const file = join(folder, 'runners', '7.3.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    folder,
    archiveUrl: 'https://lab.example',
    ...params,
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('leads a process group of its own, so that it outlives the lab', async () => {
  const { runner } = await launched();
  const pid = pidOf(runner);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  expect([Number(fields[2]), Number(fields[3])]).toEqual([pid, pid]);
});

test('is alive until it ends, which is told', async () => {
  const onExit = vi.fn<(runner: string) => void>();
  const { launcher, runner } = await launched({ onExit });
  await vi.waitFor(() => expect(log()).toContain('running job'), { timeout: 20_000 });
  expect(await launcher.isAlive(runner)).toBe(true);
  await launcher.stop(runner, { force: false });
  await vi.waitFor(() => expect(onExit).toHaveBeenCalledWith(runner), { timeout: 20_000 });
  expect(await launcher.isAlive(runner)).toBe(false);
  await launcher.stop(runner, { force: true });
});

test('one that does not obey is killed by force', async () => {
  const { launcher, runner } = await launched({ env: { FAKE_RUNNER: 'stubborn' } });
  await vi.waitFor(() => expect(log()).toContain('running job'), { timeout: 20_000 });
  await launcher.stop(runner, { force: false });
  await vi.waitFor(() => expect(log()).toContain('asked to stop'), { timeout: 20_000 });
  expect(await launcher.isAlive(runner)).toBe(true);
  await launcher.stop(runner, { force: true });
  await vi.waitFor(async () => expect(await launcher.isAlive(runner)).toBe(false), { timeout: 20_000 });
});

test('a pid that now belongs to another process is not the runner', async () => {
  const self = (await processIdentity(process.pid)) ?? '';
  const earlier = self.replace(/ \d+@/, ' 1@');
  expect(earlier).not.toBe(self);
  const launcher = launcherWith({});
  expect(await launcher.isAlive(self)).toBe(true);
  expect(await launcher.isAlive(earlier)).toBe(false);
  await launcher.stop(earlier, { force: true });
  expect(await launcher.isAlive('nonsense')).toBe(false);
});

test('a program that cannot be started is a LaunchError that says why, and leaves no assignment', async () => {
  const launcher = launcherWith({ nodePath: join(folder, 'no-node') });
  const failure = await launcher.launch(params).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LaunchError);
  expect(String((failure as Error).cause)).toContain('ENOENT');
  expect(existsSync(join(folder, 'runners', '7.3.json'))).toBe(false);
});

test('an archive that cannot be written is a LaunchError too', async () => {
  writeFileSync(join(folder, 'archive'), 'in the way');
  await expect(launcherWith({}).launch(params)).rejects.toThrow(LaunchError);
});

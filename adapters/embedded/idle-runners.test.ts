import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { killProcessesOf, processesOf } from '../../cli/lab/processes-of.ts';
import { childLauncher } from './child-launcher.ts';
import type { ChildLauncher } from './child-launcher.ts';
import { idleRunners } from './idle-runners.ts';
import { pidOf } from './process-identity.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url));
const realRunner = fileURLToPath(new URL('../../bin/runner.js', import.meta.url));
const patience = { timeout: 40_000, interval: 50 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-idle-'));
});
afterEach(async () => {
  await killProcessesOf(folder);
  rmSync(folder, { recursive: true });
});

/** The pids of the runners that wait in the folder, once there are so many. */
async function idle(count: number): Promise<number[]> {
  return vi.waitFor(async () => {
    const found = (await processesOf(folder)).filter(({ command }) => command.includes('/idle.'));
    expect(found.length).toBe(count);
    return found.map(({ pid }) => pid);
  }, patience);
}

const logs = () => readdirSync(join(folder, 'runners')).filter((name) => name.startsWith('idle.'));
const logOf = (jobId: number) =>
  readFileSync(join(folder, 'archive', 'r', String(jobId), `supervisor.${jobId}.log`), 'utf8');

function launch(launcher: ChildLauncher, jobId: number, fence = 1): Promise<string> {
  return launcher.launch({ attempt: { run: 'r', jobId, fence }, attemptNumber: fence, nodes: [] });
}

function labWithIdle(): ChildLauncher {
  const env = { PATH: process.env['PATH'], LAB_SECRET: 'hush', FAKE_RUNNER: 'told', HOME: folder };
  return childLauncher({ folder, runnerMain: fixture('fake-runner.ts'), archiveUrl: null, env, idle: 1 });
}

test('a job gets the idle runner, which learns of its environment only then, and writes to the archive', async () => {
  const launcher = labWithIdle();
  const [pid] = await idle(1);
  const runner = await launch(launcher, 7);
  expect(pidOf(runner)).toBe(pid);
  await vi.waitFor(() => expect(logOf(7)).toContain('running job 7'), patience);
  expect((await processesOf(folder)).map(({ command }) => command).join()).toContain('/runners/7.1.json');
  expect(logOf(7)).toMatch(/^idle in mode plain\n[^]*mode told, secret hush\n$/);
  expect(await launcher.isAlive(runner)).toBe(true);
  await launcher.stop(runner, { force: false });
  await vi.waitFor(async () => expect(await launcher.isAlive(runner)).toBe(false), patience);
  expect(logOf(7)).toContain('asked to stop');
  await launcher.close();
});

test('an idle runner executes one attempt and is then made up for', async () => {
  const launcher = labWithIdle();
  await idle(1);
  const pids = (await Promise.all([1, 2, 3].map((jobId) => launch(launcher, jobId)))).map(pidOf);
  expect(new Set(pids).size).toBe(3);
  const next = (await processesOf(folder)).map(({ pid }) => pid);
  expect(next).toEqual(expect.arrayContaining(pids));
  await vi.waitFor(async () => {
    await idle(1);
    expect(logs()).toHaveLength(1);
  }, patience);
  await launcher.close();
  await launcher.close();
  expect(logs()).toEqual([]);
  for (const pid of pids) expect((await processesOf(folder)).map((found) => found.pid)).toContain(pid);
});

test('the output of an earlier attempt is added to, not replaced', async () => {
  const launcher = labWithIdle();
  const [pid] = await idle(1);
  mkdirSync(join(folder, 'archive', 'r', '7'), { recursive: true });
  writeFileSync(join(folder, 'archive', 'r', '7', 'supervisor.7.log'), 'of the first attempt\n');
  expect(pidOf(await launch(launcher, 7, 2))).not.toBe(pid);
  await vi.waitFor(() => expect(logOf(7)).toMatch(/^of the first attempt\n[^]*running job 7/), patience);
  expect(pidOf(await launch(launcher, 8))).toBe(pid);
  await launcher.close();
});

test('an idle runner that was killed is no obstacle', async () => {
  const launcher = labWithIdle();
  const [pid = 0] = await idle(1);
  process.kill(pid, 'SIGKILL');
  await idle(0);
  const runner = await launch(launcher, 7);
  expect(pidOf(runner)).not.toBe(pid);
  await vi.waitFor(() => expect(logOf(7)).toContain('running job 7'), patience);
  await launcher.close();
});

test('a lab that starts nothing for long keeps none', async () => {
  const command = [process.execPath, fixture('fake-runner.ts')] as const;
  const runners = idleRunners({
    folder: join(folder, 'runners'),
    workFolder: folder,
    command,
    env: {},
    count: 2,
    afterMs: 1,
    forMs: 3000,
  });
  await idle(2);
  await idle(0);
  expect(logs()).toEqual([]);
  await runners.close();
});

test('a runner whose lab is killed before it has a job ends itself, and leaves nothing', async () => {
  const lab = spawn(process.execPath, [fixture('idle-lab.ts'), folder, realRunner], { stdio: 'ignore' });
  await idle(1);
  lab.kill('SIGKILL');
  await idle(0);
  expect(readdirSync(folder).filter((name) => name.startsWith('idle.'))).toEqual([]);
  expect(existsSync(join(folder, '.cache', 'loligo', 'compiled'))).toBe(true);
});

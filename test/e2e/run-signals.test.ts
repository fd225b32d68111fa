import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startEndpoints } from '../fixtures/ssh-endpoints.ts';
import type { SshEndpoints } from '../fixtures/ssh-endpoints.ts';
import { startLoligo } from './run-command.ts';
import type { Started } from './run-command.ts';

let hosts: SshEndpoints;
let home = '';

beforeAll(async () => {
  hosts = await startEndpoints(1);
});
afterAll(() => hosts.stop());
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'loligo-run-'));
  await rm(testDir(), { recursive: true, force: true });
});
afterEach(() => rm(home, { recursive: true }));

const testDir = (): string => join(hosts.endpoints[0]?.home ?? '', 'cephtest');
const summary = (): Promise<string> => readFile(join(home, 'arch/summary.yaml'), 'utf8');

async function start(tasks: string): Promise<Started> {
  const [host] = hosts.endpoints;
  if (!host) throw new Error('no host');
  await writeFile(
    join(home, 'job.yaml'),
    `roles: [[node.a]]
targets:
  ${host.user}@${host.name}: {address: ${host.address}, port: ${host.port}, key: ${host.hostKey}, identity: ${host.identityFile}}
tasks:
${tasks}`,
  );
  return startLoligo(['run', 'job.yaml', '-a', 'arch'], { home });
}

async function untilRunning(job: Started): Promise<void> {
  await expect.poll(() => job.stderr(), { timeout: 60_000 }).toContain('stdout:working');
}

describe('loligo run on a real host', () => {
  test('exits with 0 when the job passes', async () => {
    const job = await start("- exec: {node.a: ['echo working > $TESTDIR/archive/note']}\n");
    const { code, stderr } = await job.ended;
    expect(stderr).toMatch(/:pass\n$/);
    expect(code).toBe(0);
    expect(await readFile(join(home, 'arch/remote/target1/note'), 'utf8')).toBe('working\n');
  });

  test('exits with 1 when it fails, and leaves the log in the archive as it stood on the console', async () => {
    const job = await start("- exec: {node.a: ['echo working', 'exit 7']}\n");
    const { code, stderr } = await job.ended;
    expect(code).toBe(1);
    const shown = stderr.split('\n').flatMap((line) => / (INFO|WARNING|ERROR):.*/.exec(line)?.[0] ?? []);
    const filed = (await readFile(join(home, 'arch/teuthology.log'), 'utf8'))
      .split('\n')
      .flatMap((line) => / (INFO|WARNING|ERROR):.*/.exec(line)?.[0] ?? []);
    expect(filed).toEqual(shown);
    expect(filed.length).toBeGreaterThan(20);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends the command, undoes everything, and the job is dead',
    async (signal) => {
      const job = await start(
        "- exec: {node.a: ['echo $$ > $TESTDIR/archive/pid; echo working; sleep 600']}\n",
      );
      await untilRunning(job);
      job.child.kill(signal);
      expect((await job.ended).code).toBe(3);
      expect(await summary()).toMatch(/failure_reason: killed\n.*status: dead\nsuccess: false/s);
      expect(existsSync(testDir())).toBe(false);
      const pid = Number(await readFile(join(home, 'arch/remote/target1/pid'), 'utf8'));
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    },
  );

  test('a reader of its output that goes away changes nothing: the job runs on and passes', async () => {
    const job = await start("- exec: {node.a: ['echo working; sleep 1', 'echo later']}\n");
    await untilRunning(job);
    job.child.stderr?.destroy();
    job.child.stdout?.destroy();
    expect((await job.ended).code).toBe(0);
    expect(await readFile(join(home, 'arch/teuthology.log'), 'utf8')).toContain('later');
    expect(await summary()).toContain('success: true');
  });

  test('a second signal ends the unwinding too, and the verdict is still written', async () => {
    const job = await start(`- full_sequential_finally:
  - sleep: {duration: 600}
- exec: {node.a: ['echo working; sleep 600']}
`);
    await untilRunning(job);
    job.child.kill('SIGINT');
    await expect
      .poll(() => job.stderr(), { timeout: 30_000 })
      .toContain('In full_sequential, running task sleep');
    // The same Ctrl-C may reach a process twice: one that follows too soon does not count as a second. One more, when all is over, would end it at once.
    const again = setInterval(() => {
      if (!job.stderr().includes('Unwinding was cut short')) job.child.kill('SIGINT');
    }, 700);
    const { code, stderr } = await job.ended.finally(() => clearInterval(again));
    expect(code).toBe(3);
    expect(stderr).toContain('Unwinding was cut short, not undone:');
    expect(await summary()).toMatch(/status: dead/);
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { JobBench } from '../../test/fixtures/job-bench.ts';
import type { Task } from '../engine/task.ts';

let bench: JobBench;
beforeAll(async () => {
  bench = await startJobBench(2);
});
afterAll(() => bench.stop());

const roles = 'roles: [[node.a, client.0], [node.b]]';

/** Process ids that the job wrote, one a line. */
function pidsIn(file: string): number[] {
  return readFileSync(file, 'utf8').trim().split('\n').map(Number);
}

function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits for the processes to vanish; those that were not killed stay, and the test ends by its time limit. */
async function expectGone(pids: readonly number[]): Promise<void> {
  expect(pids.length).toBeGreaterThan(0);
  while (pids.some(isRunning)) await sleep(50);
  expect(pids.filter(isRunning)).toEqual([]);
}

describe('background_exec', () => {
  test('runs beside the tasks below it and is killed as a group when the list ends', async () => {
    const pids = `${bench.hosts.folder}/group`;
    const { status, failureReason, lines } = await bench.run(
      `${roles}
tasks:
- background_exec:
    client.0: [sleep 1000 &, timeout 1000 sleep 1000 &, 'echo $! $$ | tr " " "\\n" >${pids}', wait]
    node.a: 'echo second on {node.b}; exec sleep 1000'
- exec:
    node.b: ['until [ -s ${pids} ]; do sleep 0.1; done', 'for pid in $(cat ${pids}); do kill -0 $pid || exit 1; done']
`.replaceAll(' &, ', ' & true, '),
    );
    expect([status, failureReason]).toEqual(['pass', null]);
    await expectGone(pidsIn(pids));
    expect(lines).toContain('INFO:teuthology.task.background_exec.target1.stdout:second on target2');
    expect(lines.filter((line) => line.includes('Stopping background commands on role'))).toHaveLength(2);
  });

  test('does not mind how its commands end', async () => {
    const { status, lines } = await bench.run(`${roles}
tasks:
- background_exec: {client.0: [exit 7]}
- sleep: 1
`);
    expect(status).toBe('pass');
    expect(lines).toContain(
      'INFO:teuthology.task.background_exec:Background commands on role client.0 had ended before, with status 7',
    );
  });

  test('is ended also when the job fails', async () => {
    const pids = `${bench.hosts.folder}/failing`;
    const { status } = await bench.run(`${roles}
tasks:
- background_exec: {client.0: 'echo $$ >${pids}; sleep 1000'}
- exec: {node.b: ['until [ -s ${pids} ]; do sleep 0.1; done; exit 1']}
`);
    expect(status).toBe('fail');
    await expectGone(pidsIn(pids));
  });

  test('does not outlive a connection that is lost', async () => {
    const pids = `${bench.hosts.folder}/lost`;
    const [host] = bench.hosts.endpoints;
    const cut: Task = async () => {
      while (!existsSync(pids) || pidsIn(pids).length < 2) await sleep(50);
      for (const session of sessionsOf(host?.pid ?? 0)) process.kill(session, 'SIGKILL');
      await expectGone(pidsIn(pids));
    };
    const { status } = await bench.run(
      `${roles}
tasks:
- background_exec: {client.0: 'sleep 1000 & echo $! >${pids}; echo $$ >>${pids}; wait'}
- cut:
`,
      { tasks: { cut } },
    );
    expect(status).toBe('dead');
  });

  test('leaves nothing of the helper on the host', async () => {
    const files = (): string[] =>
      ['/tmp', bench.hosts.folder].flatMap((folder) =>
        readdirSync(folder, { recursive: folder !== '/tmp' })
          .map(String)
          .filter((name) => name.includes('daemon-helper.')),
      );
    const before = files().length;
    await bench.run(`${roles}\ntasks:\n- background_exec: {client.0: sleep 1000}\n`);
    expect(files().length).toBeLessThanOrEqual(before);
  });

  test('refuses a config without commands', async () => {
    const { failureReason } = await bench.run(`${roles}\ntasks:\n- background_exec:\n`);
    expect(failureReason).toMatch(
      /^background_exec: its config must be a map from roles to shell commands.*, not nothing$/,
    );
  });
});

/** The processes of an SSH server that serve its connections. */
function sessionsOf(server: number): number[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const children = processes.filter((pid) => parentOf(pid) === server);
  // A login that is not root's has two: one that watches, and below it the one that holds the connection.
  const below = processes.filter((pid) => children.includes(parentOf(pid) ?? 0) && isSshd(pid));
  return [...children, ...below];
}

function isSshd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sshd');
  } catch {
    return false;
  }
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

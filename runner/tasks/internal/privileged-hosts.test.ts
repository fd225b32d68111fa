import { describe, expect, test } from 'vitest';
import type { Summary } from '../../engine/summary.ts';
import type { Task, TaskContext } from '../../engine/task.ts';
import { createCluster } from '../../remote/cluster.ts';
import { quoteCommand } from '../../remote/quote.ts';
import type { CommandResult, Remote, RunOptions } from '../../remote/remote.ts';
import { coredump } from './coredump.ts';
import { sudo } from './sudo.ts';
import { syslog } from './syslog.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {}, critical() {}, child: () => logger };

/** A fake host with root that notes its commands; `answers` are what those say that contain the key. */
function fakeHost(answers: Record<string, string>): { remote: Remote; ran: string[] } {
  const ran: string[] = [];
  const answerTo = (text: string): string =>
    Object.entries(answers).find(([part]) => text.includes(part))?.[1] ?? '';
  const run = async (
    command: Parameters<Remote['run']>[0],
    _options?: RunOptions,
  ): Promise<CommandResult> => {
    const text = quoteCommand(command);
    ran.push(text);
    const stdout = answerTo(text);
    return {
      host: 'h1',
      command: text,
      label: null,
      exitStatus: 0,
      signal: null,
      stdout,
      stderr: '',
      durationMs: 0,
    };
  };
  const remote = {
    name: 'ubuntu@h1',
    shortname: 'h1',
    testDir: '/home/ubuntu/cephtest',
    run,
    sh: async (script: string) => (await run(script)).stdout,
    writeFile: async (path: string, content: string) => void ran.push(`write ${path}: ${content}`),
  } as unknown as Remote;
  return { remote, ran };
}

const rootAnswers = { 'id -u': 'uid=0\nnode=\nrsyslog=yes\n' };

/** Runs a task on one host and undoes it. */
async function doAndUndo(task: Task, remote: Remote): Promise<{ summary: Summary }> {
  const undos: (() => unknown)[] = [];
  const summary: Summary = { owner: 'me', success: true };
  const ctx = {
    cluster: createCluster([{ remote, roles: ['mon.a'] }]),
    log: logger,
    summary,
    archive: {},
    defer: (undo: () => unknown) => undos.push(undo),
  } as unknown as TaskContext;
  await task(ctx, null);
  for (const undo of undos.toReversed()) await undo();
  return { summary };
}

describe('on a host that gives root', () => {
  test('core files go to the archive, and the pattern is put back as it was', async () => {
    const { remote, ran } = fakeHost({
      ...rootAnswers,
      'cat /proc/sys/kernel/core_pattern': '|/usr/share/apport %p\n',
    });
    const { summary } = await doAndUndo(coredump, remote);
    const patterns = ran.filter((line) => line.includes('sudo tee /proc/sys/kernel/core_pattern'));
    expect(patterns).toEqual([
      'printf %s /home/ubuntu/cephtest/archive/coredump/%t.%p.core | sudo tee /proc/sys/kernel/core_pattern >/dev/null',
      "printf %s '|/usr/share/apport %p' | sudo tee /proc/sys/kernel/core_pattern >/dev/null",
    ]);
    expect(ran.join('\n')).not.toContain('sysctl.conf');
    expect(summary.success).toBe(true);
  });

  test('core files that were found fail the job', async () => {
    const { remote } = fakeHost({ ...rootAnswers, 'rmdir --ignore-fail-on-non-empty': 'cores\n' });
    const { summary } = await doAndUndo(coredump, remote);
    expect(summary).toMatchObject({ status: 'fail', failure_reason: 'Found coredumps on ubuntu@h1' });
  });

  test('sudoers is edited with a backup, and the backup is moved back', async () => {
    const { remote, ran } = fakeHost(rootAnswers);
    await doAndUndo(sudo, remote);
    expect(ran.some((line) => line.startsWith('sudo sed -i.orig.teuthology '))).toBe(true);
    expect(ran.at(-1)).toContain('sudo mv -f -- /etc/sudoers.orig.teuthology /etc/sudoers');
  });

  test('the system log is split, read for complaints, and compressed', async () => {
    const { remote, ran } = fakeHost({ ...rootAnswers, DEADLOCK: 'kernel: BUG: soft lockup\n' });
    const { summary } = await doAndUndo(syslog, remote);
    expect(summary).toMatchObject({ status: 'fail', failure_reason: "'kernel: BUG: soft lockup' in syslog" });
    const order = [
      'write /etc/rsyslog.d/80-cephtest.conf',
      'restart rsyslog',
      'sudo rm -f -- /etc/rsyslog.d',
      'DEADLOCK',
      'gzip -5',
    ];
    const places = order.map((part) => ran.findIndex((line) => line.includes(part)));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});

describe('on a host that shares its machine', () => {
  test.each([
    ['a container', { 'id -u': 'uid=0\nnode=\ncontainer=yes\nrsyslog=yes\n' }],
    ['a sandbox node of root', { 'id -u': 'uid=0\nnode=sandbox\nrsyslog=yes\n' }],
    ['a login without sudo', { 'id -u': 'uid=\nnode=\n' }],
  ])('%s keeps its core pattern and its system log', async (_what, answers) => {
    const { remote, ran } = fakeHost(answers);
    await doAndUndo(coredump, remote);
    await doAndUndo(syslog, remote);
    expect(ran).toHaveLength(1); // the question what it is
  });
});

import type { PlainValue, Task, TaskContext } from '../engine/task.ts';
import { shipDaemonHelper } from '../helpers/daemon-helper.ts';
import type { RemoteProcess } from '../remote/remote.ts';
import { commandsOf } from './role-commands.ts';
import { readMap, TaskConfigError } from './task-config.ts';
import { sudoVariables } from './test-variables.ts';

const expected =
  "a map from roles to shell commands, such as {client.0: ['while true', 'do date', 'sleep 1', 'done']}";
const endMs = 60_000; // how long ending a killed group may take: the kernel may keep a process that waits for a disk

/**
 * Starts shell commands on the hosts of roles and leaves them running, one process a role, while the tasks below it run.
 * They are killed as a group when the list unwinds; how they ended does not matter.
 */
export const task: Task = async (ctx, config) => {
  const map = readMap({ task: 'background_exec', path: '' }, config, expected);
  if (Object.keys(map).length === 0) {
    throw new TaskConfigError({ task: 'background_exec', path: '', expected, given: config });
  }
  for (const [role, given] of Object.entries(map)) await startInBackground(ctx, role, given);
};

async function startInBackground(ctx: TaskContext, role: string, given: PlainValue): Promise<void> {
  const { remote, commands } = commandsOf({ task: 'background_exec', ctx, role, given });
  const helper = await shipDaemonHelper(ctx, remote);
  ctx.log.info(`Starting background commands on role ${role} host ${remote.name}`);
  const words = helper.command(['bash', '-c', commands.join('; ')], { end: 'kill', group: true });
  const process = await remote.start(['sudo', ...sudoVariables(ctx, remote), ...words], {
    stdin: 'pipe',
    check: false,
    logger: ctx.log,
  });
  process.wait().catch(() => {}); // Its end is looked at when the list unwinds.
  ctx.defer(() => endInBackground(ctx, role, process));
}

async function endInBackground(ctx: TaskContext, role: string, process: RemoteProcess): Promise<void> {
  if (process.finished) {
    const { exitStatus } = await process.wait();
    ctx.log.info(`Background commands on role ${role} had ended before, with status ${exitStatus}`);
    return;
  }
  ctx.log.info(`Stopping background commands on role ${role}...`);
  process.stdin?.end();
  const late = setTimeout(() => void process.kill('KILL').catch(() => {}), endMs);
  try {
    await process.wait();
  } finally {
    clearTimeout(late);
  }
}

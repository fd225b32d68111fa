import type { Task } from '../engine/task.ts';
import { readRoleCommands } from './role-commands.ts';
import { sudoVariables } from './test-variables.ts';

/** Runs shell commands as root on the hosts of roles, one after the other in the order of the file. The first that fails ends the task. */
export const task: Task = async (ctx, config) => {
  ctx.log.info('Executing custom commands...');
  for (const { role, remote, commands } of readRoleCommands('exec', ctx, config)) {
    ctx.log.info(`Running commands on role ${role} host ${remote.name}`);
    for (const command of commands) {
      await remote.run(['sudo', ...sudoVariables(ctx, remote), 'bash', '-c', command], {
        signal: ctx.signal,
      });
    }
  }
};

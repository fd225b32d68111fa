import type { Task } from '../engine/task.ts';
import { isType, splitRole } from '../../core/config/roles.ts';
import { texts } from './argument-kinds.ts';
import { TaskConfigError } from './task-config.ts';

/**
 * Makes a plain directory `mnt.<id>` in the test folder of each client, where other tasks expect a mounted file system, and
 * removes it with all its content in the end.
 */
export const task: Task = async (ctx, config) => {
  const all = ctx.cluster.hosts.flatMap(({ roles }) => roles.filter(isType('client')));
  const clients = config === null ? all : texts.read(config);
  if (clients === undefined) {
    throw new TaskConfigError({
      task: 'localdir',
      path: '',
      expected: 'a list of clients, or nothing',
      given: config,
    });
  }
  for (const client of clients) {
    const remote = ctx.cluster.remoteOf(client);
    const folder = `${remote.testDir}/mnt.${splitRole(client).id}`;
    ctx.log.info(`Creating local mnt dir for ${client}...`);
    await remote.run(['mkdir', '--', folder], { signal: ctx.signal });
    ctx.defer(async () => {
      ctx.log.info(`Removing local mnt dir of ${client}...`);
      await remote.run(['sudo', 'rm', '-rf', '--', folder]);
    });
  }
};

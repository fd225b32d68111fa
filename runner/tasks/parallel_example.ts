import { isType } from '../../core/config/roles.ts';
import type { Task, TaskContext } from '../engine/task.ts';
import { parallel } from '../remote/parallel.ts';
import type { Remote } from '../remote/remote.ts';
import { texts } from './argument-kinds.ts';
import { isConfigMap, TaskConfigError } from './task-config.ts';

const command = 'sleep 5 ; date ; hostname';

/** Shows the difference: the same command on the hosts of roles, first at once and then one after the other. */
export const task: Task = async (ctx, config) => {
  const remotes = rolesOf(ctx, config).map((role) => ctx.cluster.remoteOf(role));
  ctx.log.info('Executing command on all hosts concurrently.');
  await parallel(
    remotes.map((remote) => (signal: AbortSignal) => run(remote, signal)),
    { signal: ctx.signal },
  );
  ctx.log.info('Executing command on all hosts sequentially.');
  for (const remote of remotes) await run(remote, ctx.signal);
};

type Config = Parameters<Task>[1];

function rolesOf(ctx: TaskContext, config: Config): readonly string[] {
  if (config === null) return ctx.cluster.hosts.flatMap(({ roles }) => roles.filter(isType('client')));
  const roles = isConfigMap(config) ? Object.keys(config) : texts.read(config);
  if (roles === undefined) {
    throw new TaskConfigError({
      task: 'parallel_example',
      path: '',
      expected: 'a list of roles',
      given: config,
    });
  }
  return roles;
}

async function run(remote: Remote, signal: AbortSignal): Promise<void> {
  await remote.run(command, { signal });
}

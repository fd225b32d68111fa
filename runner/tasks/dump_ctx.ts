import { inspect } from 'node:util';
import type { Task } from '../engine/task.ts';

/** Writes what tasks are given into the log: the job, its hosts and roles, the options and this task's own config. */
export const task: Task = async (ctx, config) => {
  const { job, options, site, summary } = ctx;
  const hosts = ctx.cluster.hosts.map(({ remote, roles }) => ({
    host: remote.name,
    testDir: remote.testDir,
    roles,
  }));
  const state = [...ctx.state.keys()];
  ctx.log.info(
    `ctx: ${inspect({ job, hosts, options, site, summary, state }, { depth: null, breakLength: 100 })}`,
  );
  ctx.log.info(`config: ${inspect(config, { depth: null, breakLength: 100 })}`);
};

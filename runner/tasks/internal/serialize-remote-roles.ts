import type { Task } from '../../engine/task.ts';
import { jobRunOf } from '../../job/job-run.ts';

/** Adds the hosts with their roles to info.yaml. */
export const serialize_remote_roles: Task = async (ctx) => {
  const hosts = ctx.cluster.hosts.map(({ remote, roles }) => [remote.name, { roles: [...roles] }]);
  jobRunOf(ctx).addInfo('cluster', Object.fromEntries(hosts));
};

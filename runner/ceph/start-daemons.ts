import type { PlainValue, TaskContext } from '../engine/task.ts';
import { shipDaemonHelper } from '../helpers/daemon-helper.ts';
import type { DaemonHelper } from '../helpers/daemon-helper.ts';
import type { Remote } from '../engine/task.ts';
import type { CephConfig } from './ceph-config.ts';
import type { CephCluster } from './ceph-cluster.ts';
import type { CephRole } from './ceph-layout.ts';
import { createDaemon } from './daemon.ts';
import type { Daemon } from './daemon.ts';
import { valgrindWords } from './valgrind.ts';
import { watchDeaths } from './watchdog.ts';

const helpers = new WeakMap<Remote, Promise<DaemonHelper>>();

/** The daemon helper of a host, copied there once a job. */
export function helperOn(ctx: TaskContext, remote: Remote): Promise<DaemonHelper> {
  const shipped = helpers.get(remote) ?? shipDaemonHelper(ctx, remote);
  helpers.set(remote, shipped);
  return shipped;
}

/** The handles of a cluster's daemons, in the order of `roles`; nothing is started. They are added to the cluster. */
export async function createDaemons(
  ctx: TaskContext,
  cluster: CephCluster,
  params: { roles: readonly CephRole[]; config: CephConfig },
): Promise<Daemon[]> {
  const { roles, config } = params;
  const remotes = [...new Set(roles.map(({ remote }) => remote))];
  await Promise.all(remotes.map((remote) => helperOn(ctx, remote)));
  const onDeath = watchDeaths(ctx, { seconds: config.watchdog_daemon_timeout });
  const daemons = await Promise.all(
    roles.map(async (role) => {
      const given = settingFor(config.valgrind, role);
      const valgrind = valgrindWords(ctx, given, { report: role.role, remote: role.remote });
      const profiled = config.cpu_profile.includes(role.type) || config.cpu_profile.includes(role.role);
      const profile = profiled ? ['env', `CPUPROFILE=/var/log/ceph/profiling-logger/${role.role}.prof`] : [];
      return createDaemon({
        ...role,
        cluster: role.cluster,
        helper: await helperOn(ctx, role.remote),
        words: [
          ...raiseLimits,
          ...profile,
          ...valgrind,
          `ceph-${role.type}`,
          '-f',
          '--cluster',
          role.cluster,
          '-i',
          role.id,
        ],
        end: valgrind.length > 0 || config.coverage ? 'term' : 'kill', // both write what they found when they end
        log: ctx.log.child(role.role),
        onDeath,
      });
    }),
  );
  cluster.daemons.push(...daemons);
  return daemons;
}

// What adjust-ulimits does, where a host allows it.
const raiseLimits = [
  'sh',
  '-c',
  'ulimit -n 65536 || ulimit -n $(ulimit -Hn); ulimit -c unlimited || ulimit -c $(ulimit -Hc); exec "$@"',
  'adjust-ulimits',
];

/** What the config says for a daemon: by its role, its name or its type. */
export function settingFor(map: CephConfig['valgrind'], role: CephRole): PlainValue | undefined {
  return map?.[role.role] ?? map?.[role.name] ?? map?.[role.type];
}

/** Stops daemons of one type after the other, last started first; those of a type at the same time. Throws the first failure at the end. */
export async function stopDaemons(daemons: readonly Daemon[]): Promise<void> {
  const failures: unknown[] = [];
  for (const type of new Set(daemons.map((daemon) => daemon.type).toReversed())) {
    const ends = await Promise.allSettled(
      daemons.filter((daemon) => daemon.type === type).map((daemon) => daemon.stop()),
    );
    failures.push(...ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : [])));
  }
  if (failures.length > 0) throw failures[0];
}
